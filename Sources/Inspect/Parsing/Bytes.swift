/// A message's bytes: numbers of eight bytes, and texts by their length.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func put(_ flag: Bool) { put(flag ? 1 : 0) }

    mutating func put(_ text: String) {
        put(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func put(_ text: String?) {
        put(text != nil)
        if let text { put(text) }
    }
}

/// Reads them again, from a writer that is not trusted: what does not fit is an error, and nothing else.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    struct Malformed: Error {}

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func number() throws(Malformed) -> UInt64 {
        guard rest.count >= 8 else { throw Malformed() }
        defer { rest.removeFirst(8) }
        return rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A number of things of which each takes eight bytes at the least.
    mutating func count() throws(Malformed) -> Int {
        let count = try number()
        guard count <= rest.count / 8 else { throw Malformed() }
        return Int(count)
    }

    mutating func flag() throws(Malformed) -> Bool {
        switch try number() {
        case 0: false
        case 1: true
        default: throw Malformed()
        }
    }

    mutating func text() throws(Malformed) -> String {
        let length = try number()
        guard length <= rest.count else { throw Malformed() }
        defer { rest.removeFirst(Int(length)) }
        return String(decoding: rest.prefix(Int(length)), as: UTF8.self)
    }

    mutating func optionalText() throws(Malformed) -> String? { try flag() ? text() : nil }

    mutating func end() throws(Malformed) {
        guard rest.isEmpty else { throw Malformed() }
    }
}
