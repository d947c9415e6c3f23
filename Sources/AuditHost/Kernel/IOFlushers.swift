import LedgerABI

/// Which threads run as PR_SET_IO_FLUSHER (prctl(2)), as /proc says while they live.
struct IOFlushers {
    private var known: [Int32: Bool] = [:]
    private var looked = Set<Int32>()

    /// Each thread is looked at again, once.
    mutating func beginLooking() {
        looked = []
    }

    /// A thread that was none at any look counts as none. One that has ended already is not known.
    mutating func look(_ pid: Int32, _ tid: Int32) {
        guard looked.insert(tid).inserted, let flags = StatFields("/proc/\(pid)/task/\(tid)/stat")?[9] else { return }
        known[tid] = (known[tid] ?? true) && flags & ioFlusher == ioFlusher
    }

    /// Null where nobody could look.
    subscript(tid: Int32) -> Bool? { known[tid] }
}

private let ioFlusher = UInt64(DIOAUDIT_PF_IO_FLUSHER)
