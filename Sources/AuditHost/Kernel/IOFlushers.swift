import LedgerABI

/// Which threads run as PR_SET_IO_FLUSHER (prctl(2)), as /proc shows while they run.
struct IOFlushers {
    private var known: [Int32: Bool] = [:]
    private var looked = Set<Int32>()

    /// Each thread is read again, once.
    mutating func beginLooking() {
        looked = []
    }

    /// A thread that was none at every read counts as none. A thread that has ended is unknown.
    mutating func look(_ pid: Int32, _ tid: Int32) {
        guard looked.insert(tid).inserted, let flags = StatFields("/proc/\(pid)/task/\(tid)/stat")?[9] else { return }
        known[tid] = (known[tid] ?? true) && flags & ioFlusher == ioFlusher
    }

    /// Null if it could not be read.
    subscript(tid: Int32) -> Bool? { known[tid] }
}

private let ioFlusher = UInt64(DIOAUDIT_PF_IO_FLUSHER)
