import AuditCore
import CLinuxHost

/// What the syscalls witness saw, once the subject has ended.
struct SyscallsView {
    let book: SyscallsBook
    let execs: [ExecRecord]
    let witness: Witness

    init(_ book: SyscallsBook, _ watch: borrowing SyscallsWatch) {
        self.book = book
        execs = watch.execs
        var witness = Witness.active
        if let problem = watch.problem {
            witness = .unavailable(problem)
        } else if watch.lost > 0 {
            witness = .partial("the syscalls witness lost \(watch.lost) records")
        } else if watch.interrupted > 0 {
            witness = .partial(
                "a signal came upon \(watch.interrupted) system calls before the syscalls witness could look at them: "
                    + "the subject may have seen EINTR")
        }
        witness.method = watch.method
        self.witness = witness
    }
}

extension SyscallsChoice {
    /// What `auto` comes to here.
    var resolved: SyscallsChoice {
        guard self == .auto else { return self }
        guard let perf = cl_perf_open(0) else { return .seccomp }
        cl_perf_close(perf)
        return .perf
    }
}
