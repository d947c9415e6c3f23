import AuditCore
import CLinuxHost
import Glibc

extension Doctor {
    /// One is put on a tracepoint, and taken away.
    static func tracepointPrograms() -> Finding {
        let name = "BPF programs"
        let usedFor = "the witnesses at less cost: else by perf events on each thread"
        let answer = Answer(CL_PROBE_PROGRAMS)
        guard answer != .granted else { return .ok(name, "one was put on a tracepoint", for: usedFor) }
        guard answer.errno == ENOTSUP else {
            return .missing(name, answer.description, for: usedFor, remedies: [programsRemedy(answer.errno)])
        }
        return .missing(
            name, "\(answer.description): another pid namespace than the first, or a kernel of another kind",
            for: usedFor,
            remedies: [
                "run dioaudit in the first pid namespace (docker: --pid host), on Linux 6.1 or later without PREEMPT_RT"
            ])
    }

    private static func programsRemedy(_ errno: Int32?) -> String {
        switch errno {
        case ENOENT, EBADMSG: "boot a kernel with CONFIG_DEBUG_INFO_BTF=y"
        case EPERM where !isMachinesRoot(): "run dioaudit as root"
        default: outsideSandbox("--cap-add BPF --cap-add PERFMON")
        }
    }
}
