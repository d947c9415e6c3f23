import Foundation

/// A program's bytes, to be broken. Reads only files that a linker has just written.
struct Program {
    struct Section {
        let name: String
        /// Where its header is in the file.
        let header: Int
        let range: Range<Int>
        let isCompressed: Bool
    }

    var bytes: [UInt8]
    let sections: [Section]
    /// What the kernel does not load: behind the last loaded byte.
    let unloaded: Range<Int>

    init(_ path: String) throws {
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
        func number<Value: FixedWidthInteger>(_ at: Int, _: Value.Type) -> Int {
            Int(truncatingIfNeeded: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: Value.self) })
        }
        // Elf64_Ehdr, Elf64_Phdr and Elf64_Shdr of elf(5).
        let (segments, headers) = (number(32, UInt64.self), number(40, UInt64.self))
        let ends = (0..<number(56, UInt16.self)).map { segments + 56 * $0 }
            .filter { number($0, UInt32.self) == 1 }
            .map { number($0 + 8, UInt64.self) + number($0 + 32, UInt64.self) }
        unloaded = (ends.max() ?? 0)..<bytes.count
        let names = number(headers + 64 * number(62, UInt16.self) + 24, UInt64.self)
        sections = (1..<number(60, UInt16.self)).map { index in
            let header = headers + 64 * index
            let name = bytes[(names + number(header, UInt32.self))...].prefix { $0 != 0 }
            let offset = number(header + 24, UInt64.self)
            return Section(
                name: String(decoding: name, as: UTF8.self), header: header,
                range: offset..<offset + number(header + 32, UInt64.self),
                isCompressed: number(header + 8, UInt64.self) & 0x800 != 0)
        }
        self.bytes = bytes
    }

    mutating func put<Value: FixedWidthInteger>(_ value: Value, at place: Int) {
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
    }

    /// A bit, a byte, or a number that is an extreme.
    mutating func breakBytes(in range: Range<Int>, _ random: inout SeededGenerator) {
        let place = Int.random(in: range, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        default:
            let width = 1 << Int.random(in: 0...3, using: &random)
            let extreme: UInt64 = [0, .max, .max - 7, 1 << 63, 0x7fff_ffff, 0xffff_ffff].randomElement(using: &random)!
            guard place + width <= range.upperBound else { return }
            withUnsafeBytes(of: extreme.littleEndian) {
                bytes.replaceSubrange(place..<place + width, with: $0.prefix(width))
            }
        }
    }
}
