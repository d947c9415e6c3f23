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
        guard looked.insert(tid).inserted, let flags = taskFlags(pid, tid) else { return }
        known[tid] = (known[tid] ?? true) && flags & ioFlusher == ioFlusher
    }

    /// Null where nobody could look.
    subscript(tid: Int32) -> Bool? { known[tid] }
}

private let ioFlusher = UInt64(DIOAUDIT_PF_IO_FLUSHER)

/// Field 9 of proc_pid_stat(5).
private func taskFlags(_ pid: Int32, _ tid: Int32) -> UInt64? {
    guard let stat = textFile("/proc/\(pid)/task/\(tid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[end...].split(separator: " ")
    return fields.count > 7 ? UInt64(fields[7]) : nil
}
