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
            witness = .partial("the syscalls witness lost \(plural(watch.lost, "record"))")
        } else if watch.interrupted > 0 {
            witness = .partial(
                "a signal came upon \(plural(watch.interrupted, "system call")) before the syscalls witness could look: "
                    + "the subject may have seen EINTR")
        }
        if watch.method == .seccomp, let program = watch.execs.first(where: \.losesPrivileges) {
            witness = .partial(
                "\(program.path) has privileges of its own, and ran without them: seccomp takes no_new_privs of an ordinary "
                    + "user's subject; --syscalls off or perf leaves them")
        }
        witness.method = watch.method
        witness.tracing = watch.tracing
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
        return [SyscallsChoice.perf, .perfMappings].first { choice in
            guard let perf = try? openPerf([0], nil, choice) else { return false }
            cl_perf_close(perf)
            return true
        } ?? .seccomp
    }
}

/// - Parameter choice: `perf` or `perfMappings`.
func openPerf(
    _ threads: [Int32], _ family: OpaquePointer?, _ choice: SyscallsChoice
) throws(TracingProblem) -> OpaquePointer {
    guard choice == .perf else {
        guard let perf = cl_perf_open(nil, threads, Int32(threads.count), nil) else {
            throw TracingProblem("perf's records of mappings: \(errnoText())")
        }
        return perf
    }
    let format = try Tracefs.current.format(of: "raw_syscalls/sys_enter")
    guard let number = format["id"], let arguments = format["args"] else {
        throw TracingProblem("raw_syscalls:sys_enter has no 'id' or no 'args'")
    }
    var tracepoint = cl_sys_enter(id: format.id, id_at: number.offset, arguments_at: arguments.offset)
    guard let perf = cl_perf_open(family, threads, Int32(threads.count), &tracepoint) else {
        throw TracingProblem("perf tracepoints: \(errnoText())")
    }
    return perf
}
