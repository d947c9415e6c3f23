import AuditCore
import Testing

/// Where do addresses lie? Pages have 0x1000 bytes; process 10 maps file 0 at 0x10000 to 0x14000.
@Suite struct AddressSpacesTests {
    private static func mapping(
        _ start: UInt64, _ bytes: UInt64, text: Int32, offset: UInt64 = 0, pid: Int32 = 10
    ) -> KernelRecord {
        KernelRecord(
            nanoseconds: 0, pid: pid, tid: pid, kind: .mapped, site: offset, bytes: bytes, address: start, text: text)
    }

    private static func spaces(_ mappings: KernelRecord...) -> AddressSpaces {
        var spaces = AddressSpaces()
        for mapping in [mapping(0x10000, 0x4000, text: 0)] + mappings {
            spaces.map(mapping, isInterposer: false, isOfUprobes: false)
        }
        return spaces
    }

    private func all(_ spaces: AddressSpaces, pid: Int32 = 10) -> [[UInt64]] {
        spaces.places(pid, from: 0, bytes: 1 << 40).map { [$0.start, $0.end, $0.offset, UInt64($0.text)] }
    }

    @Test func aPlaceEndsBeforeItsEnd() {
        let spaces = Self.spaces()
        #expect([0xffff, 0x10000, 0x13fff, 0x14000].map { spaces.place(10, $0)?.text } == [nil, 0, 0, nil])
        #expect(spaces.place(11, 0x10000) == nil)
    }

    @Test(
        arguments: [
            (0x11000, 0x1000, [[0x10000, 0x11000, 0, 0], [0x11000, 0x12000, 0, 1], [0x12000, 0x14000, 0x2000, 0]]),
            (0x10000, 0x4000, [[0x10000, 0x14000, 0, 1]]),
            (0xf000, 0x6000, [[0xf000, 0x15000, 0, 1]]),
            (0xf000, 0x2000, [[0xf000, 0x11000, 0, 1], [0x11000, 0x14000, 0x1000, 0]]),
            (0x13000, 0x2000, [[0x10000, 0x13000, 0, 0], [0x13000, 0x15000, 0, 1]]),
            (0x14000, 0x1000, [[0x10000, 0x14000, 0, 0], [0x14000, 0x15000, 0, 1]]),
            (0x8000, 0x1000, [[0x8000, 0x9000, 0, 1], [0x10000, 0x14000, 0, 0]]),
        ] as [(UInt64, UInt64, [[UInt64]])]) func whatIsMappedOverAnotherCutsIt(
            start: UInt64, bytes: UInt64, places: [[UInt64]]
        )
    {
        #expect(all(Self.spaces(Self.mapping(start, bytes, text: 1))) == places)
    }

    @Test(arguments: [(0x10000, 0), (.max - 10, 11)] as [(UInt64, UInt64)])
    func whatIsNoRangeIsNotMapped(start: UInt64, bytes: UInt64) {
        #expect(all(Self.spaces(Self.mapping(start, bytes, text: 1))) == all(Self.spaces()))
    }

    /// Against a page table that knows each page's mapping.
    @Test func placesAreWhatAPageTableSays() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50 {
            var spaces = AddressSpaces()
            var pages = [Int32?](repeating: nil, count: 64)
            for text in 0..<30 as Range<Int32> {
                let start = Int.random(in: 0..<60, using: &generator)
                let end = Int.random(in: start + 1...64, using: &generator)
                for page in start..<end { pages[page] = text }
                spaces.map(
                    Self.mapping(UInt64(start) << 12, UInt64(end - start) << 12, text: text), isInterposer: false,
                    isOfUprobes: false)
            }
            #expect(pages.indices.map { spaces.place(10, UInt64($0) << 12 + 0xfff)?.text } == pages)
        }
    }

    @Test func aForkHasItsParentsMappingsAndThenItsOwn() {
        var spaces = Self.spaces()
        spaces.fork(11, from: 10)
        #expect(all(spaces, pid: 11) == all(spaces))
        spaces.map(Self.mapping(0x20000, 0x1000, text: 1, pid: 11), isInterposer: false, isOfUprobes: false)
        #expect(spaces.place(11, 0x20000)?.text == 1)
        #expect(spaces.place(10, 0x20000) == nil)
    }

    /// A pid that is used again has nothing of the process that had it before.
    @Test func aForkForgetsWhatItsPidHad() {
        var spaces = Self.spaces()
        spaces.fork(10, from: 12)
        #expect(all(spaces) == [])
    }

    @Test func anExecForgetsAllMappings() {
        var spaces = AddressSpaces()
        spaces.map(Self.mapping(0x10000, 0x1000, text: 0), isInterposer: true, isOfUprobes: false)
        spaces.map(Self.mapping(0x20000, 0x1000, text: 1), isInterposer: false, isOfUprobes: true)
        spaces.fork(11, from: 10)
        spaces.exec(10)
        #expect(all(spaces) == [])
        #expect(!spaces.isInterposer(10, 0x10000) && !spaces.isOfUprobes(10, 0x20000))
        #expect(spaces.isInterposer(11, 0x10000) && spaces.isOfUprobes(11, 0x20000))
    }

    /// Its segments are several mappings of one file.
    @Test func theInterposerIsAllItsSegments() {
        var spaces = AddressSpaces()
        spaces.map(Self.mapping(0x12000, 0x1000, text: 0), isInterposer: true, isOfUprobes: false)
        spaces.map(Self.mapping(0x10000, 0x1000, text: 0), isInterposer: true, isOfUprobes: false)
        #expect([0xffff, 0x10000, 0x12fff, 0x13000].map { spaces.isInterposer(10, $0) } == [false, true, true, false])
    }

    @Test func aFrameIsAPlaceInItsFile() {
        var texts = Interner<String>(most: 4)
        let file = texts.index(of: "/bin/subject")
        var spaces = AddressSpaces()
        spaces.map(Self.mapping(0x10000, 0x1000, text: file, offset: 0x3000), isInterposer: false, isOfUprobes: false)
        #expect(spaces.frame(10, 0x10010, texts) == Frame(module: "/bin/subject", offset: 0x3010))
        #expect(spaces.frame(10, 0x20010, texts) == Frame(offset: 0x20010))
        #expect(spaces.file(10, 0x10010, texts)?.path == "/bin/subject")
        #expect(spaces.file(10, 0x20010, texts) == nil)
    }

    @Test func aProcessThatMapsForEverDoesNotFillOurMemory() {
        var spaces = AddressSpaces()
        for index in 0..<40_000 as Range<UInt64> {
            spaces.map(Self.mapping(index << 13, 0x1000, text: 0), isInterposer: false, isOfUprobes: false)
        }
        #expect(all(spaces).count <= 16385)
        #expect(spaces.place(10, 39_999 << 13)?.text == 0)
    }
}
