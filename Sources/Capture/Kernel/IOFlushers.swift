import AuditCore
import LedgerABI
import LinuxSystem

/// Which threads run as PR_SET_IO_FLUSHER (prctl(2)), as /proc shows while they run.
package struct IOFlushers {
    /// By thread id. One that was none at every read counts as none.
    package private(set) var known: [Int32: Bool] = [:]

    package init() {}

    /// A thread that has ended stays unknown.
    package mutating func look(at threads: Set<KernelBook.Thread>) {
        for thread in threads {
            guard let flags = (try? StatFields("/proc/\(thread.pid)/task/\(thread.tid)/stat"))?[9] else { continue }
            known[thread.tid] = (known[thread.tid] ?? true) && flags & ioFlusher == ioFlusher
        }
    }
}

private let ioFlusher = UInt64(DIOAUDIT_PF_IO_FLUSHER)
