import DioauditTesting
import Glibc
import Testing

@Test func passes() {
    expectNoAllocations { allocate(0) }
}

@Test func fails() {
    expectNoAllocations(runs: 2) { allocate(3) }
}

/// libc keeps the stack of a thread that ended: to start another allocates nothing.
@Test func startsAThread() {
    expectNoAllocations {
        var thread = pthread_t()
        pthread_create(&thread, nil, { _ in nil }, nil)
        pthread_join(thread, nil)
    }
}

@Test func warmsUp() {
    var runs = 0
    expectNoAllocations(afterWarmup: 2, runs: 2) {
        runs += 1
        allocate(runs <= 2 ? 5 : 0)
    }
    #expect(runs == 4)
}

@Test func isNotWarm() {
    var runs = 0
    expectNoAllocations(afterWarmup: 1) {
        runs += 1
        allocate(runs <= 2 ? 5 : 0)
    }
}

@Test func keepsToLimit() {
    expectNoAllocations(upTo: 3) { allocate(3) }
}

@Test func exceedsLimit() {
    expectNoAllocations(upTo: 2) { allocate(3) }
}

@Test func freesAtLast() {
    let block = malloc(64)
    expectNoAllocations(afterWarmup: 0, forbidding: [.free]) { free(block) }
}

@Test func isAllowed() {
    expectNoAllocations(allowing: [.malloc]) { allocate(3) }
}

@Test func countsEachKind() throws {
    let counts = try countAllocations {
        var block: UnsafeMutableRawPointer?
        for _ in 0..<2 { drop(calloc(3, 8)) }
        for _ in 0..<3 { drop(realloc(nil, 24)) }
        for _ in 0..<4 { drop(reallocarray(nil, 3, 8)) }
        for _ in 0..<5 {
            _ = posix_memalign(&block, 64, 64)
            drop(block)
        }
        for _ in 0..<6 { drop(aligned_alloc(64, 64)) }
        for _ in 0..<7 { drop(valloc(64)) }
        for _ in 0..<8 {
            let pages = mmap(nil, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
            madvise(pages, 4096, MADV_DONTNEED)
            munmap(pages, 4096)
        }
        for _ in 0..<9 { munlockall() }
    }
    let expected: [AllocationKind: Int] = [
        .calloc: 2, .realloc: 3, .reallocarray: 4, .posixMemalign: 5, .alignedAlloc: 6, .valloc: 7,
        .free: 2 + 3 + 4 + 5 + 6 + 7, .mmap: 8, .madvise: 8, .munmap: 8, .munlockall: 9,
    ]
    #expect(counts == expected)
}

@Test func countsWhatLibcAllocates() throws {
    let counts = try "a".withCString { text in try countAllocations { drop(strdup(text)) } }
    #expect(counts == [.malloc: 1, .free: 1])
}

/// An assertion has the events of those in it; what they do themselves is nobody's.
@Test func nests() throws {
    let counts = try countAllocations {
        allocate(2)
        expectNoAllocations(afterWarmup: 1, upTo: 3) { allocate(3) }
    }
    #expect(counts == [.malloc: 2 + 3 + 3, .free: 2 + 3 + 3])
}

struct Thrown: Error {}

@Test func judgesABodyThatThrows() throws {
    #expect(throws: Thrown.self) {
        try expectNoAllocations(afterWarmup: 0, allowing: AllocationKind.allCases.filter { $0 != .valloc }) {
            _ = valloc(64)
            throw Thrown()
        }
    }
}

@Test func endsWhenItsBodyThrows() throws {
    #expect(throws: Thrown.self) {
        try expectNoAllocations(afterWarmup: 0, allowing: AllocationKind.allCases) { () throws -> Void in throw Thrown()
        }
    }
    let counts = try countAllocations { allocate(1) }
    #expect(counts == [.malloc: 1, .free: 1])
}
