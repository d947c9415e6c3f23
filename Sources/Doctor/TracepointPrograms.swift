import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

extension Doctor {
    /// Each BPF program is attached to its tracepoint, reports an act of dioaudit, and is detached.
    static func tracepointPrograms() -> Finding {
        let name = "BPF programs"
        let usedFor = "the witnesses at less cost: else by perf events on each thread"
        var words = [CChar](repeating: 0, count: 1024)
        let answer = Answer(cl_probe_bpf(&words, words.count))
        let why = words.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        guard answer != .granted else {
            return .ok(name, "each reported what dioaudit did", for: usedFor)
        }
        return .missing(
            name, why.isEmpty ? answer.description : why, for: usedFor, remedies: remedies(answer.errno))
    }

    private static func remedies(_ errno: Errno?) -> [String] {
        switch errno {
        case Errno.notSupported:
            ["run dioaudit in the first pid namespace (docker: --pid host), on Linux 6.1 or later without PREEMPT_RT"]
        case Errno.noSuchFileOrDirectory, Errno.badMessage: ["boot a kernel with CONFIG_DEBUG_INFO_BTF=y"]
        case Errno.permissionDenied: []  // the verifier rejects the program
        case Errno.invalidArgument: ["boot without lockdown=confidentiality"]  // it takes the programs' helpers away
        case Errno.notPermitted where !isMachinesRoot(): ["run dioaudit as root"]
        default: [outsideSandbox("--cap-add BPF --cap-add PERFMON")]
        }
    }
}
