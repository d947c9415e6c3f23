import AuditCore
import CLinuxHost
import Glibc

extension Doctor {
    /// tracefs, perf_event_open(2), and both together: what the kernel-side witnesses stand on.
    static func tracing() -> [Finding] {
        let tracefs = Tracefs.current
        return [
            tracefs.finding, perfEvents(), Tracepoints.syscalls.finding(tracefs), Tracepoints.kernel.finding(tracefs),
            tracepointPrograms(),
        ]
    }

    /// Why the kernel's tracepoints are not to be had, and what would change that.
    static func kernelTracepointsObstacle() -> Finding? {
        let finding = Tracepoints.kernel.finding(Tracefs.current)
        return finding.state == .ok ? nil : finding
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

/// Tracepoints that one witness needs, all of them.
private struct Tracepoints {
    let name: String
    let usedFor: String
    let events: [String]
    /// The highest kernel.perf_event_paranoid that gives an ordinary user their records.
    let paranoia: Int
    /// What the kernel must be built with to have them.
    let option: String

    /// The kernel shows a user who may trace kernel code the system calls of processes of their own.
    static let syscalls = Tracepoints(
        name: "syscall tracepoint", usedFor: "the syscalls witness in full: --syscalls perf",
        events: ["raw_syscalls/sys_enter"],
        paranoia: 1, option: "CONFIG_FTRACE_SYSCALLS=y")

    static let kernel = Tracepoints(
        name: "kernel tracepoints", usedFor: "the kernel witness: what the kernel allocates for a transfer",
        events: ["kmem/kmalloc", "kmem/kmem_cache_alloc", "kmem/mm_page_alloc"], paranoia: -1,
        option: "CONFIG_TRACEPOINTS=y")

    func finding(_ tracefs: Tracefs) -> Finding {
        for event in events {
            if let obstacle = obstacle(event, tracefs) { return obstacle }
        }
        let others = events.count > 1 ? " and \(events.count - 1) others" : ""
        return .ok(name, "records of \(perfName(events[0]))\(others)", for: usedFor)
    }

    /// Nil if records of this one are granted.
    private func obstacle(_ event: String, _ tracefs: Tracefs) -> Finding? {
        switch tracefs.number(of: event) {
        case .failure(let failure):
            return .missing(
                name, "the number of \(perfName(event)) is not to be read: \(errnoText(failure.errno))", for: usedFor,
                remedies: remedies(failure, tracefs))
        case .success(let number):
            let answer = Answer(CL_PROBE_TRACEPOINT, number)
            guard answer != .granted else { return nil }
            return .missing(
                name, "\(perfName(event)): \(answer.description) (\(paranoiaText()))", for: usedFor,
                remedies: perfRemedies(answer, paranoia: paranoia))
        }
    }

    private func remedies(_ failure: Tracefs.Unreadable, _ tracefs: Tracefs) -> [String] {
        if failure.errno == ENOENT && tracefs.path != nil { return ["boot a kernel with \(option)"] }
        return tracefs.remedies(with: paranoiaRemedy(paranoia))
    }
}

private func perfRemedies(_ answer: Answer, paranoia: Int) -> [String] {
    if answer.errno == ENOSYS { return ["boot a kernel with CONFIG_PERF_EVENTS=y", outsideSandbox()] }
    return paranoiaRemedy(paranoia).map(orAsRoot) ?? [outsideSandbox("--cap-add PERFMON")]
}

/// Nil if it is low enough, or does not bind this process.
private func paranoiaRemedy(_ paranoia: Int) -> String? {
    let capSysAdmin: UInt64 = 21
    let capPerfmon: UInt64 = 38
    guard let present = sysctl("kernel.perf_event_paranoid"), present > paranoia, !hasCapability(capPerfmon),
        !hasCapability(capSysAdmin)
    else { return nil }
    return "sysctl -w kernel.perf_event_paranoid=\(paranoia)"
}

func paranoiaText() -> String {
    "kernel.perf_event_paranoid " + (sysctl("kernel.perf_event_paranoid").map { "\($0)" } ?? "is not there")
}
