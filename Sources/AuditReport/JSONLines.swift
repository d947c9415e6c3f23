import Glibc

/// The texts of objects that stood on a line by themselves and hold no others, each with the value that it is. Frames of call stacks are
/// such, and most of a large report: to find one again takes less than to read it. A later one takes the place of an earlier.
struct JSONLines: ~Copyable {
    struct Line {
        let text: UnsafeBufferPointer<UInt8>
        fileprivate let hash: UInt64
        let slot: Int
    }

    private struct Known {
        var hash: UInt64
        var length: Int
        /// Nil while it is being read.
        var value: JSONValue?
    }

    private static let count = 1 << 11
    private static let longest = 512

    private let known = UnsafeMutablePointer<Known>.allocate(capacity: count)
    private let texts = UnsafeMutablePointer<UInt8>.allocate(capacity: count * longest)
    private let hasher = JSONHash()

    init() { known.initialize(repeating: Known(hash: 0, length: 0, value: nil), count: Self.count) }

    deinit {
        known.deallocate()
        texts.deallocate()
    }

    /// From an object's beginning to the end of the line; nil if it does not end there.
    func line(at text: UnsafeBufferPointer<UInt8>) -> Line? {
        guard text.count > 1, text[1] != UInt8(ascii: "\n"),
            let newLine = memchr(text.baseAddress!, Int32(UInt8(ascii: "\n")), min(text.count, Self.longest))
        else { return nil }
        var length = UnsafeRawPointer(newLine) - UnsafeRawPointer(text.baseAddress!)
        if text[length - 1] == UInt8(ascii: ",") { length -= 1 }
        guard text[length - 1] == UInt8(ascii: "}") else { return nil }
        let line = UnsafeBufferPointer(rebasing: text[..<length])
        let hash = hasher.hash(UnsafeRawBufferPointer(line))
        return Line(text: line, hash: hash, slot: Int(hash >> 32) & (Self.count - 1))
    }

    func value(of line: Line) -> JSONValue? {
        let same = known[line.slot]
        guard same.hash == line.hash, same.length == line.text.count, let value = same.value,
            memcmp(texts + line.slot * Self.longest, line.text.baseAddress!, same.length) == 0
        else { return nil }
        return value
    }

    /// Its bytes, before they are gone. False for one that may hold others: how deep these are is known where it stands alone.
    func keep(_ line: Line) -> Bool {
        let inner = line.text.dropFirst()
        guard !inner.contains(UInt8(ascii: "{")), !inner.contains(UInt8(ascii: "[")) else { return false }
        memcpy(texts + line.slot * Self.longest, line.text.baseAddress!, line.text.count)
        known[line.slot] = Known(hash: line.hash, length: line.text.count, value: nil)
        return true
    }

    func know(_ slot: Int, is value: JSONValue) { known[slot].value = value }
}
