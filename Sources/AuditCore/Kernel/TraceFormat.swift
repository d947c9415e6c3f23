/// tracefs's description of one tracepoint: `events/SYSTEM/EVENT/format` (Documentation/trace/events.rst).
///
/// Fields differ between kernels: only the form of the text is assumed.
public struct TraceFormat: Equatable, Sendable {
    public struct Field: Equatable, Sendable {
        public let name: String
        /// In bytes from the start of the tracepoint's part of a record.
        public let offset: UInt32
        public let size: UInt32
        /// Its four bytes give the place of its text.
        public let isDataLoc: Bool
    }

    public struct Problem: Error, Equatable {
        public let what: String
    }

    public let id: UInt64
    public let fields: [Field]
    private let printed: String

    public init(_ text: String) throws(Problem) {
        var id: UInt64?
        var fields: [Field] = []
        var printed = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("ID:") {
                id = UInt64(line.dropFirst("ID:".count).trimmed)
                if id == nil { throw Problem(what: "'\(line)' names no number") }
            } else if line.trimmed.hasPrefix("field:") {
                fields.append(try Field(line.trimmed))
            } else if line.hasPrefix("print fmt:") {
                printed = String(line)
            }
        }
        guard let id, id > 0, id <= UInt16.max else { throw Problem(what: "it has no number") }
        self.id = id
        self.fields = fields
        self.printed = printed
    }

    /// The names of bits, in the order in which the kernel takes them out of a number. Empty without `__print_flags`.
    public var flags: [FlagName] { FlagName.all(in: printed[...]) }

    /// Null where this kernel has no such field.
    public subscript(name: String) -> Field? { fields.first { $0.name == name } }
}

extension TraceFormat.Field {
    /// `field:unsigned long call_site;	offset:8;	size:8;	signed:0;`
    fileprivate init(_ line: Substring) throws(TraceFormat.Problem) {
        var values: [Substring: Substring] = [:]
        for part in line.split(separator: ";") {
            let halves = part.split(separator: ":", maxSplits: 1)
            if halves.count == 2 { values[halves[0].trimmed] = halves[1].trimmed }
        }
        guard let declaration = values["field"], let offset = values["offset"].flatMap({ UInt32($0) }),
            let size = values["size"].flatMap({ UInt32($0) }), offset <= 1 << 16, size <= 1 << 16
        else { throw TraceFormat.Problem(what: "'\(line)' is no field") }
        // An array's name ends before its length.
        name = declaration.split { " *".contains($0) }.last.map { String($0.prefix { $0 != "[" }) } ?? ""
        self.offset = offset
        self.size = size
        isDataLoc = declaration.hasPrefix("__data_loc")
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
