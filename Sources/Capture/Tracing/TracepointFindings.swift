import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// Tracepoints that one witness needs, all of them.
package struct Tracepoints {
    let name: String
    let usedFor: String
    let events: [String]
    /// The highest kernel.perf_event_paranoid that gives an ordinary user their records.
    let paranoia: Int
    /// What the kernel must be built with to have them.
    let option: String

    /// The kernel shows a user who may trace kernel code the system calls of processes of their own.
    package static let syscalls = Tracepoints(
        name: "syscall tracepoint", usedFor: "the syscalls witness in full: --syscalls perf",
        events: ["raw_syscalls/sys_enter"],
        paranoia: 1, option: "CONFIG_FTRACE_SYSCALLS=y")

    package static let kernel = Tracepoints(
        name: "kernel tracepoints", usedFor: "the kernel witness: what the kernel allocates for a transfer",
        events: ["kmem/kmalloc", "kmem/kmem_cache_alloc", "kmem/mm_page_alloc"], paranoia: -1,
        option: "CONFIG_TRACEPOINTS=y")

    package func finding(_ tracefs: Tracefs) -> Finding {
        for event in events {
            if let obstacle = obstacle(event, tracefs) { return obstacle }
        }
        let others = events.count > 1 ? " and \(events.count - 1) others" : ""
        return .ok(name, "records of \(perfName(events[0]))\(others)", for: usedFor)
    }

    /// Why those of the kernel witness are not to be had, and what would change that.
    static func kernelObstacle() -> Finding? {
        let finding = kernel.finding(Tracefs.current)
        return finding.state == .ok ? nil : finding
    }

    /// Nil if records of this one are granted.
    private func obstacle(_ event: String, _ tracefs: Tracefs) -> Finding? {
        let number: UInt64
        do {
            number = try tracefs.number(of: event)
        } catch {
            return .missing(
                name, "the number of \(perfName(event)) is not to be read: \(error)", for: usedFor,
                remedies: remedies(error, tracefs))
        }
        let answer = Answer(CL_PROBE_TRACEPOINT, number)
        guard answer != .granted else { return nil }
        return .missing(
            name, "\(perfName(event)): \(answer.description) (\(paranoiaText()))", for: usedFor,
            remedies: perfRemedies(answer, paranoia: paranoia))
    }

    private func remedies(_ error: Errno, _ tracefs: Tracefs) -> [String] {
        if error == .noSuchFileOrDirectory && tracefs.path != nil { return ["boot a kernel with \(option)"] }
        return tracefs.remedies(with: paranoiaRemedy(paranoia))
    }
}

package func perfRemedies(_ answer: Answer, paranoia: Int) -> [String] {
    if answer.errno == .noFunction { return ["boot a kernel with CONFIG_PERF_EVENTS=y", outsideSandbox()] }
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

package func paranoiaText() -> String {
    "kernel.perf_event_paranoid " + (sysctl("kernel.perf_event_paranoid").map { "\($0)" } ?? "is not there")
}
