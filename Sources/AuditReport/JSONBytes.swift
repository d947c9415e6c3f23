import AuditCore
import Glibc

/// A JSON text in the making. It grows as far as it must, and is written over again.
///
/// A class with fields of its own: each is accessed alone, and so Swift has no accesses to tell apart at run time, which takes a tenth of
/// the time of writing a report.
final class JSONBytes {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    private static let pieceLength = 1 << 16

    init() {
        capacity = 1 << 10
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// Whether what has it is to take it now.
    var isLarge: Bool { count > Self.pieceLength }

    func removeAll() { count = 0 }

    /// Where so many bytes are to stand, which are counted already.
    private func room(_ length: Int) -> UnsafeMutablePointer<UInt8> {
        if capacity - count < length { grow(length) }
        defer { count += length }
        return start + count
    }

    private func grow(_ length: Int) {
        capacity = max(2 * capacity, count + length)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, start, count)
        start.deallocate()
        start = larger
    }

    // MARK: texts

    func append(_ text: StaticString) {
        memcpy(room(text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
    }

    func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.baseAddress else { return }
        memcpy(room(bytes.count), first, bytes.count)
    }

    /// One that needs no escape.
    func append(plain text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    func append(number: UInt64) {
        var (rest, length) = (number, 1)
        while rest >= 10 {
            rest /= 10
            length += 1
        }
        let place = room(length)
        rest = number
        for index in (0..<length).reversed() {
            place[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    func append(lineStartOf depth: Int) {
        let place = room(1 + 2 * depth)
        place[0] = UInt8(ascii: "\n")
        memset(place + 1, Int32(UInt8(ascii: " ")), 2 * depth)
    }

    /// JSON need not escape what turns the direction of writing or begins a line (U+202E, U+2028), but people look at it in
    /// terminals.
    func append(quoted text: String) {
        append("\"")
        var text = text
        let isPlain = text.withUTF8 { bytes in
            guard bytes.isPlainInJSON else { return false }
            append(bytes)
            return true
        }
        if !isPlain { for scalar in text.unicodeScalars { append(escaping: scalar) } }
        append("\"")
    }

    private func append(escaping scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append("\\\"")
        case "\\": append("\\\\")
        case "\n": append("\\n")
        case "\r": append("\\r")
        case "\t": append("\\t")
        case _ where scalar.isInvisible:
            for unit in UTF16.encode(scalar)! { append(plain: "\\u" + hexadecimal(unit, digits: 4)) }
        default: for unit in UTF8.encode(scalar)! { room(1).pointee = unit }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// It does not stop at the first that is not: most texts are, and so it looks at many bytes at once.
    fileprivate var isPlainInJSON: Bool {
        var others: UInt8 = 0
        for byte in self {
            others |= byte &- 0x20 < 0x5f ? 0 : 1
            others |= byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 1 : 0
        }
        return others == 0
    }
}
