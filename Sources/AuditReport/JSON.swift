import AuditCore

/// Writes a report (docs/report.schema.json) or a diagnosis, with its keys in alphabetical order so that two can be compared by
/// diff(1). A report of 100,000 stacks is larger than the memory that it may take: so `sink` gets it in pieces.
///
/// - Throws: what `sink` throws, or an EncodingError.
public func writeJSON(_ report: some Encodable, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    let writer = JSONWriter(sink)
    try writer.write(report)
    try writer.end()
}

/// The same as one text.
public func json(_ report: some Encodable) throws -> String {
    var bytes: [UInt8] = []
    try writeJSON(report) { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
}
