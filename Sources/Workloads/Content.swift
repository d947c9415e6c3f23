/// The content of a block of the file, by which a reader checks that it is the right one.
///
/// The first two words of each sector are its place and the write that it came from (its generation); its last word is a
/// seal over both. A device writes whole sectors, so the rest of a sector needs no check. The seal also distinguishes this
/// run's data from an earlier run's.
struct Content {
    private let blockBytes: Int
    private let seed: UInt64

    /// What the layout writes.
    static let firstGeneration: UInt32 = 1

    private static let sectorBytes = 512
    private static let wordsPerSector = 64

    init(blockBytes: Int, seed: UInt64) {
        self.blockBytes = blockBytes
        self.seed = seed
    }

    /// Fills a block's memory for writing it.
    func stamp(_ block: UnsafeMutableRawPointer, at offset: Int, generation: UInt32) {
        var sector = block.assumingMemoryBound(to: UInt64.self)
        for position in stride(from: UInt64(offset), to: UInt64(offset + blockBytes), by: Self.sectorBytes) {
            sector[0] = position
            sector[1] = UInt64(generation)
            sector[Self.wordsPerSector - 1] = seal(position, UInt64(generation))
            sector += Self.wordsPerSector
        }
    }

    /// Makes a block's memory fail the check until a read has replaced it.
    func erase(_ block: UnsafeMutableRawPointer) {
        let words = block.assumingMemoryBound(to: UInt64.self)
        for word in stride(from: 1, to: blockBytes / 8, by: Self.wordsPerSector) {
            words[word] = 0  // no generation
        }
    }

    /// Whether every sector of a block that was read is what was last written there.
    func isRight(_ block: UnsafeMutableRawPointer, at offset: Int, generation: UInt32) -> Bool {
        var sector = UnsafePointer(block.assumingMemoryBound(to: UInt64.self))
        var difference: UInt64 = 0
        for position in stride(from: UInt64(offset), to: UInt64(offset + blockBytes), by: Self.sectorBytes) {
            difference |= sector[0] ^ position
            difference |= sector[1] ^ UInt64(generation)
            difference |= sector[Self.wordsPerSector - 1] ^ seal(position, UInt64(generation))
            sector += Self.wordsPerSector
        }
        return difference == 0
    }

    /// What is wrong with a block that is not right, in words.
    func complaint(_ block: UnsafeMutableRawPointer, at offset: Int, generation: UInt32) -> String {
        for start in stride(from: 0, to: blockBytes, by: Self.sectorBytes) {
            let sector = (block + start).assumingMemoryBound(to: UInt64.self)
            let position = UInt64(offset + start)
            if sector[0] != position || sector[1] != UInt64(generation) {
                return "the sector at offset \(position) holds offset \(sector[0]), generation \(sector[1])"
                    + " instead of generation \(generation)"
            }
            if sector[Self.wordsPerSector - 1] != seal(position, UInt64(generation)) {
                return "the sector at offset \(position) is torn or an earlier run's"
            }
        }
        return "it changed while it was looked at"
    }

    private func seal(_ position: UInt64, _ generation: UInt64) -> UInt64 {
        (position &+ generation &* 0x9E37_79B9_7F4A_7C15) ^ seed
    }
}
