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
        known[tid] = (known[tid] ?? true) && flags & Self.ioFlusher == Self.ioFlusher
    }

    /// Null where nobody could look.
    subscript(tid: Int32) -> Bool? { known[tid] }

    /// PF_MEMALLOC_NOIO and PF_LOCAL_THROTTLE: the first alone is set for a while by many parts of the kernel
    /// (`include/linux/sched.h`, `kernel/sys.c`).
    private static let ioFlusher: UInt64 = 0x0018_0000
}

/// Field 9 of proc_pid_stat(5).
private func taskFlags(_ pid: Int32, _ tid: Int32) -> UInt64? {
    guard let stat = textFile("/proc/\(pid)/task/\(tid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[end...].split(separator: " ")
    return fields.count > 7 ? UInt64(fields[7]) : nil
}
