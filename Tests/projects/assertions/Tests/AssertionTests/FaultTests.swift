import DioauditTesting
import Glibc
import Testing

private let page = 4096

/// Memory of which each page takes a fault by itself.
private func fresh(_ pages: Int) -> UnsafeMutableRawPointer {
    let memory = mmap(nil, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    madvise(memory, pages * page, MADV_NOHUGEPAGE)
    return memory
}

@inline(never)
private func touch(_ memory: UnsafeMutableRawPointer, _ pages: Int) {
    for number in 0..<pages { memset(memory + number * page, 1, 1) }
}

private func dropMap(_ pages: Int) { keep(mmap(nil, pages * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) }

@Suite struct Unlocked {
    private let memory = fresh(7)

    init() {
        // The code itself is there.
        touch(fresh(1), 1)
    }

    @Test func faultsAreNotJudged() { expectNoAllocations(afterWarmup: 0) { touch(memory, 7) } }

    @Test func forbiddenFaultsFail() {
        expectNoAllocations(afterWarmup: 0, forbidding: [.pageFaultMinor]) { touch(memory, 7) }
    }

    @Test func forbiddenFaultsOfTheWarmUpPass() {
        expectNoAllocations(forbidding: [.pageFaultMinor]) { touch(memory, 7) }
    }

    @Test func faultsKeepToLimit() {
        expectNoAllocations(afterWarmup: 0, upTo: 7, forbidding: [.pageFaultMinor]) { touch(memory, 7) }
    }

    @Test func faultsExceedLimit() {
        expectNoAllocations(afterWarmup: 0, upTo: 6, forbidding: [.pageFaultMinor]) { touch(memory, 7) }
    }

    /// Their stacks take memory, too.
    @Test func faultsBesideAllocations() {
        allocate(1)
        expectNoAllocations(afterWarmup: 0, forbidding: [.pageFaultMinor]) {
            allocate(2)
            touch(memory, 3)
        }
    }
}

/// In a run of their own, since the lock is the process's.
private let isLocked = getenv("LOCKS") != nil && mlockall(MCL_CURRENT | MCL_FUTURE) == 0

@Suite(.enabled(if: isLocked)) struct Locked {
    @Test func lockedPasses() { expectNoAllocations { allocate(0) } }

    @Test func lockedMappingFaultsItsPagesIn() { expectNoAllocations(afterWarmup: 0) { dropMap(5) } }

    @Test func lockedMappingMayBeAllowed() { expectNoAllocations(afterWarmup: 0, allowing: [.mmap]) { dropMap(5) } }

    @Test func lockedFaultsMayBeAllowed() {
        expectNoAllocations(afterWarmup: 0, allowing: [.mmap, .pageFaultMinor, .pageFaultMajor]) { dropMap(5) }
    }

    @Test(.allocationFree(afterWarmup: 0)) func lockedAsync() async {
        dropMap(2)
        await Task.yield()
        dropMap(3)
    }
}
