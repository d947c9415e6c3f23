import DioauditTesting
import Glibc
import Testing

@Test(.allocationFree(afterWarmup: 10)) func traitPasses() {}

@Test(.allocationFree(afterWarmup: 10)) func traitFails() { allocate(4) }

@Test(.allocationFree(), arguments: [0, 5]) func traitByCase(_ times: Int) { allocate(times) }

@Test(.allocations(upTo: 3)) func traitKeepsToLimit() { allocate(3) }

@Test(.allocations(upTo: 3)) func traitExceedsLimit() { allocate(4) }

nonisolated(unsafe) private var calls = 0

/// 11 runs, the first of which is warm-up: half of the others allocate.
@Test(.allocations(perCall: 0.5)) func traitKeepsToRate() {
    calls += 1
    allocate(calls % 2)
}

nonisolated(unsafe) private var moreCalls = 0

@Test(.allocations(perCall: 0.4)) func traitExceedsRate() {
    moreCalls += 1
    allocate(moreCalls % 2)
}

nonisolated(unsafe) private let blocks = (0..<2).map { _ in malloc(16) }
nonisolated(unsafe) private var nextBlock = 0

@Test(.forbidding(.mmap, .free)) func traitForbidsFree() {
    free(blocks[nextBlock])
    nextBlock += 1
}

@Test(.allocationFree().allowing(.malloc)) func traitAllows() { allocate(3) }

@Suite(.allocationFree()) struct SuiteTrait {
    @Test func inSuitePasses() {}

    @Test func inSuiteFails() async { allocate(6) }
}
