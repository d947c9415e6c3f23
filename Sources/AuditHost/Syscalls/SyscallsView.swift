import AuditCore
import CLinuxHost
import Glibc

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
        if watch.method == .seccomp, let program = watch.execs.first(where: \.losesPrivileges) {
            witness = .partial(
                "\(program.path) has privileges of its own, and ran without them: seccomp takes no_new_privs of an ordinary "
                    + "user's subject; --syscalls off or perf leaves them")
        }
        witness.method = watch.method
        self.witness = witness
    }
}

extension ExecRecord {
    /// Under no_new_privs, which only an ordinary user's subject has.
    fileprivate var losesPrivileges: Bool { geteuid() != 0 && Executable.whyPrivileged(path) != nil }
}

extension SyscallsChoice {
    /// What `auto` comes to here.
    var resolved: SyscallsChoice {
        guard self == .auto else { return self }
        // seccomp last: a call that it holds may be interrupted by a signal, and it takes set-uid programs' privileges.
        for (choice, kind) in [(SyscallsChoice.perf, CL_PERF_SYSCALLS), (.perfMappings, CL_PERF_MAPPINGS)] {
            guard let perf = cl_perf_open(0, kind) else { continue }
            cl_perf_close(perf)
            return choice
        }
        return .seccomp
    }
}
