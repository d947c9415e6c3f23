import AuditCore
import CLinuxHost
import Capture
import Glibc
import LinuxSystem

extension Doctor {
    /// tracefs, perf_event_open(2), and both together: what the kernel-side witnesses stand on.
    static func tracing() -> [Finding] {
        let tracefs = Tracefs.current
        return [
            tracefs.finding, perfEvents(), Tracepoints.syscalls.finding(tracefs), Tracepoints.kernel.finding(tracefs),
            tracepointPrograms(),
        ]
    }

    private static func perfEvents() -> Finding {
        let name = "perf events"
        let usedFor = "the syscalls witness (of user code enough for --syscalls perf-mappings) and the kernel witness"
        let inKernel = Answer(CL_PROBE_PAGE_FAULTS_KERNEL)
        if inKernel == .granted { return .ok(name, "user and kernel code (\(paranoiaText()))", for: usedFor) }
        let remedies = perfRemedies(inKernel, paranoia: 1)
        if Answer(CL_PROBE_PAGE_FAULTS) == .granted {
            let found = "user code only; kernel code: \(inKernel.description) (\(paranoiaText()))"
            return .limited(name, found, for: usedFor, remedies: remedies)
        }
        return .missing(name, "\(inKernel.description) (\(paranoiaText()))", for: usedFor, remedies: remedies)
    }
}
