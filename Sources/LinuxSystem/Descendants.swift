import CLinuxHost
import Glibc

/// The processes that descend from this one and have not ended. Orphans among them are our children (PR_SET_CHILD_SUBREAPER).
package enum Descendants {
    package static func running() -> [Int32] {
        var parents: [Int32: Int32] = [:]
        for pid in numberedEntries(of: "/proc") {
            guard let status = try? textFile("/proc/\(pid)/status"), let parent = parent(in: status) else { continue }
            parents[pid] = parent
        }
        return parents.keys.filter { descendsFromUs($0, parents) }.sorted()
    }

    /// Asks each of them to end, by SIGTERM.
    package static func terminate() {
        for pid in running() { kill(pid, SIGTERM) }
    }

    /// Ends all of them: by SIGTERM, and those that go on for two seconds by SIGKILL.
    ///
    /// - Returns: the signal that came for us meanwhile.
    package static func end() -> Int32? {
        var interruption: Int32?
        for number in [SIGTERM, SIGKILL] where cl_descendants_run() {
            let limit = monotonicNanoseconds() + 2_000_000_000
            repeat {
                // Again and again: one may have started another meanwhile.
                for pid in running() { kill(pid, number) }
                var signal = cl_signal()
                let source = cl_wait(min(remaining(until: limit), 50_000_000), nil, 0, &signal)
                if source == CL_FROM_SIGNAL, signal.ends { interruption = signal.number }
            } while cl_descendants_run() && monotonicNanoseconds() < limit
        }
        return interruption
    }

    /// Nil for a process that has ended and only waits to be reaped.
    private static func parent(in status: String) -> Int32? {
        var parent: Int32?
        for line in status.split(separator: "\n") {
            if line.hasPrefix("State:") && line.contains("Z") { return nil }
            if line.hasPrefix("PPid:") { parent = line.split(separator: "\t").last.flatMap { Int32($0) } }
        }
        return parent
    }

    private static func descendsFromUs(_ pid: Int32, _ parents: [Int32: Int32]) -> Bool {
        var pid = pid
        // The files were not read at one moment: the chain is cut at a length that no process tree reaches.
        for _ in 0..<64 {
            guard let parent = parents[pid] else { return false }
            if parent == getpid() { return true }
            pid = parent
        }
        return false
    }
}
