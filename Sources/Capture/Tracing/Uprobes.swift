import AuditCore
import Glibc
import LinuxSystem

/// Uprobes on heap functions, known to the kernel's tracing under names of ours until this ends.
///
/// Not by perf's own kind of event for uprobes: its attributes point into our memory, where the kernel reads the path again
/// when a thread of the watched process begins another and that inherits the event; it reads the other's memory then, and
/// lets its clone(2) fail (kernel/events/core.c, perf_uprobe_init). An event that tracefs has a number for is inherited.
package struct Uprobes: ~Copyable {
    package private(set) var probes: [HeapProbe] = []
    private let tracefs: String
    /// Of all that one dioaudit sets.
    private let group = prefix + "\(getpid())"

    private static let prefix = "dioaudit_"

    package init(in tracefs: String) {
        self.tracefs = tracefs
    }

    package mutating func set(_ wanted: [HeapProbe]) throws(TracingProblem) {
        for var probe in wanted {
            let name = probe.kind.rawValue
            try Self.write("p:\(group)/\(name) \(probe.path):0x\(String(probe.fileOffset, radix: 16))", in: tracefs)
            probe.id = try number(of: name)
            probes.append(probe)
        }
    }

    deinit { Self.remove(group, in: tracefs) }

    /// Those of a dioaudit that was killed. They cost nothing: breakpoints are there only while perf listens.
    package static func removeAbandoned() {
        guard let tracefs = Tracefs.current.path else { return }
        for group in Set(defined(in: tracefs).map { $0.prefix { $0 != "/" } }) {
            // A zombie has no program any more: nobody may ever wait for it.
            if let pid = Int32(group.dropFirst(prefix.count)), (try? link("/proc/\(pid)/exe")) == nil {
                remove(String(group), in: tracefs)
            }
        }
    }

    /// As `GROUP/NAME`.
    private static func defined(in tracefs: String) -> [Substring] {
        ((try? textFile("\(tracefs)/uprobe_events")) ?? "").split(separator: "\n")
            .compactMap { $0.split(separator: " ").first?.dropFirst("p:".count) }.filter { $0.hasPrefix(prefix) }
    }

    /// What perf still holds is let go within some milliseconds.
    private static func remove(_ group: String, in tracefs: String) {
        for _ in 0..<200 {
            let left = defined(in: tracefs).filter { $0.hasPrefix(group + "/") }
            for name in left { try? write("-:\(name)", in: tracefs) }
            if left.isEmpty { return }
            usleep(5000)
        }
    }

    private func number(of name: String) throws(TracingProblem) -> UInt64 {
        do throws(Errno) {
            guard let id = UInt64(try textFile("\(tracefs)/events/\(group)/\(name)/id")) else { throw .badMessage }
            return id
        } catch {
            throw TracingProblem("the uprobe of \(name) has no number: \(error)")
        }
    }

    private static func write(_ line: String, in tracefs: String) throws(TracingProblem) {
        do throws(Errno) {
            let file = try FileDescriptor(opening: "\(tracefs)/uprobe_events", .writeOnly, .append)
            defer { file.closeQuietly() }
            try file.writeOnce(line)
        } catch {
            throw TracingProblem("uprobe_events of tracefs: '\(line)': \(error)")
        }
    }
}
