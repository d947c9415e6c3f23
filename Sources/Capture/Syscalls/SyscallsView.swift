import AuditCore
import CLinuxHost
import Glibc
import Inspect

/// The syscalls witness's results, after the subject has ended.
package struct SyscallsView {
    package let book: SyscallsBook
    package let execs: [ExecRecord]
    /// How many processes were made; null where that is not watched, or known otherwise.
    package let forks: Int?
    package let witness: Witness

    package init(_ book: SyscallsBook, _ watch: borrowing SyscallsWatch) {
        self.book = book
        execs = watch.execs
        let isByEvents = watch.method == .perfMappings || watch.tracing == .events
        forks = isByEvents && watch.problem == nil ? watch.forks : nil
        var witness = Witness.active
        if let problem = watch.problem {
            witness = .unavailable(problem)
        } else if watch.lost > 0 {
            witness = .partial("the syscalls witness lost \(plural(watch.lost, "record"))", .spareCPU)
        } else if watch.malformed > 0 {
            witness = .partial("the syscalls witness could not read \(plural(watch.malformed, "record"))", .bug)
        } else if watch.ambiguous > 0 {
            witness = .partial(
                "\(plural(watch.ambiguous, "system call")) may have been 32-bit code's or 64-bit code's, for which the number "
                    + "means another call", .oneABI)
        } else if watch.interrupted > 0 {
            witness = .partial(
                "a signal came upon \(plural(watch.interrupted, "system call")) before the syscalls witness could look: "
                    + "the subject may have seen EINTR", .otherSyscalls)
        }
        if watch.method == .seccomp, let program = watch.execs.first(where: \.losesPrivileges) {
            witness = .partial(
                "\(program.path) has privileges of its own, and ran without them: seccomp takes no_new_privs of an ordinary "
                    + "user's subject", .otherSyscalls)
        }
        witness.method = watch.method
        witness.tracing = watch.tracing
        witness.programsRefused = watch.refusal
        self.witness = witness
    }
}

extension ExecRecord {
    /// Under no_new_privs, which only an ordinary user's subject has.
    fileprivate var losesPrivileges: Bool { geteuid() != 0 && Executable.whyPrivileged(path) != nil }
}

extension SyscallsChoice {
    /// The method that `auto` chooses here.
    package var resolved: SyscallsChoice {
        guard self == .auto else { return self }
        // seccomp last: a call that it holds may be interrupted by a signal, and it takes set-uid programs' privileges.
        return [SyscallsChoice.perf, .perfMappings].first { choice in
            guard let layout = try? TraceLayout(choice) else { return false }
            return TraceLayout.withPointer(layout) { cl_trace_is_granted($0) }
        } ?? .seccomp
    }
}
