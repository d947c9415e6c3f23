/// What a process's memory gained in its steady phase beyond what was counted meanwhile: the witnesses `pages` and `heap`.
public struct MemoryGrowth: Equatable, Sendable {
    /// How far glibc's books of its heap could be read at both edges.
    public enum Books: Sendable {
        case unread, read, ofAnotherAllocator, ofForkedChild, inSignalHandler
    }

    /// False if the process's files in /proc could not be read at an edge, or the process died in that phase.
    public var isKnown = true
    /// Resident pages beyond those that its page faults may have brought.
    public var pages: UInt64 = 0
    /// Bytes of address space, if the interposer counted no call that maps.
    public var mappedBytes: UInt64 = 0
    /// Bytes of blocks by glibc's own books, if the interposer counted no call that allocates.
    public var heapBytes: UInt64 = 0
    public var books = Books.read
    /// Bytes that were locked and are not any more, if the interposer counted no call that unlocks or unmaps.
    public var unlockedBytes: UInt64 = 0

    public init() {}
}

extension ProcessLedger {
    /// Makes what nothing explains events of the steady phase. Call it when the kernel's counts are in.
    public mutating func countUnexplained() {
        let page: UInt64 = 4096
        var steady = phases[.steady].events
        steady[.pagesUnexplained] = EventCount(calls: growth.pages, bytes: growth.pages * page)
        let kernelSawMapping = [EventKind.syscallMmap, .syscallMremap, .syscallBrk].contains { steady[$0].calls > 0 }
        let bytes = kernelSawMapping ? 0 : growth.mappedBytes
        steady[.mappingsUnexplained] = EventCount(calls: bytes / page, bytes: bytes)
        phases[.steady].events = steady
    }

    /// What glibc's books gained beyond what frees may need: at its first call a thread gets its cache of freed blocks (tcache),
    /// perhaps in an arena of its own.
    var unexplainedHeapBytes: UInt64 {
        let mostOfThread: UInt64 = 4096
        let beginners = threads.lazy.filter { $0.tid != 0 && $0.callsHeapFirstInSteady }
        let allowance = UInt64(beginners.count) * mostOfThread
        return growth.heapBytes - min(allowance, growth.heapBytes)
    }
}

extension ProcessLedger {
    /// Calls with MADV_COLLAPSE in the steady phase, as the witness saw them that saw the most.
    var collapses: UInt64 {
        max(threads.reduce(0) { $0 + $1.collapses }, otherCalls[.collapse] ?? 0)
    }
}

extension ThreadLedger {
    fileprivate var callsHeapFirstInSteady: Bool {
        let calls = { (phase: Phase) in phases[phase].events.calls(of: .heap) }
        return calls(.steady) > 0 && calls(.setup) + calls(.warmup) == 0
    }
}
