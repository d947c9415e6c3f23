import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

extension Doctor {
    /// Needs no privilege: only that the kernel has it, and that there is no other listener.
    static func seccomp() -> Finding {
        let name = "seccomp notification"
        let usedFor = "the syscalls witness where perf is forbidden: --syscalls seccomp"
        let answer = Answer(CL_PROBE_SECCOMP_LISTENER)
        guard answer != .granted else {
            return .ok(name, "a child's call was reported, and continued", for: usedFor)
        }
        let remedies =
            switch answer.errno {
            case Errno.resourceBusy: ["run it outside this container, whose manager listens already: only one may"]
            case Errno.invalidArgument, Errno.noFunction, Errno.inappropriateIOCTLForDevice:
                ["boot Linux 5.5 or later with CONFIG_SECCOMP_FILTER=y", outsideSandbox()]
            default: [outsideSandbox()]
            }
        return .missing(name, answer.description, for: usedFor, remedies: remedies)
    }

    static func attach() -> Finding {
        let name = "attach"
        let usedFor = "dioaudit attach: daemons that run already"
        let capSysPtrace: UInt64 = 19
        let scope = sysctl("kernel.yama.ptrace_scope")
        let scopeText = scope.map { "kernel.yama.ptrace_scope \($0)" } ?? "no kernel.yama.ptrace_scope"
        let answer = Answer(CL_PROBE_TRACE_UNRELATED)
        guard answer == .granted else {
            return .missing(
                name, "\(answer.description) (\(scopeText))", for: usedFor, remedies: [ptraceRemedy(scope)])
        }
        guard hasCapability(capSysPtrace) else {
            return .limited(
                name, "processes of uid \(getuid()) only (\(scopeText); no CAP_SYS_PTRACE)", for: usedFor,
                remedies: ["run dioaudit as root for another user's"])
        }
        return .ok(name, "any process (\(scopeText), CAP_SYS_PTRACE)", for: usedFor)
    }

    private static func ptraceRemedy(_ scope: Int?) -> String {
        switch scope {
        case 3: "boot without kernel.yama.ptrace_scope=3, which cannot be lowered"
        case 1, 2: asRoot("sysctl -w kernel.yama.ptrace_scope=0")
        default: outsideSandbox("--cap-add SYS_PTRACE")
        }
    }
}
