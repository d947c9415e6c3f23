/// The threads whose events in the steady phase are judged: the values of `--scope`.
public enum Scope: Equatable, Sendable {
    case process
    /// Threads that transfer in the steady phase: what they did before is its warm-up, or that of a thread like a manager.
    case ioThreads
    /// Threads whose name matches a pattern (`Glob`).
    case threads(pattern: String)

    /// In bytes of UTF-8: what the interposer has room for.
    public static let longestPattern = 63

    public init?(_ text: String) {
        switch text {
        case "process": self = .process
        case "io-threads": self = .ioThreads
        case _ where text.hasPrefix("thread:"):
            let pattern = String(text.dropFirst("thread:".count))
            guard (1...Self.longestPattern).contains(pattern.utf8.count),
                Glob(pattern) != nil
            else { return nil }
            self = .threads(pattern: pattern)
        default: return nil
        }
    }

    /// In the words of the command line.
    public var text: String {
        switch self {
        case .process: "process"
        case .ioThreads: "io-threads"
        case .threads(let pattern): "thread:\(pattern)"
        }
    }

    /// Whether its name is one that is judged; `io-threads` is no matter of names.
    public func includes(threadNamed name: String) -> Bool {
        guard case .threads(let pattern) = self else { return true }
        return Glob(pattern)?.matches(name) ?? false
    }

    func judges(_ thread: ThreadLedger) -> Bool {
        switch self {
        case .process: true
        case .ioThreads: thread.doesTransfers
        case .threads: thread.matched
        }
    }

    func judges(_ site: Site, of process: ProcessLedger) -> Bool {
        // The interposer takes no stacks of threads whose name is not judged.
        if case .threads = self { return true }
        return judges(site.tid, of: process)
    }

    /// A thread that has ended may stand among all that have.
    func judges(_ tid: Int32, of process: ProcessLedger) -> Bool {
        guard self != .process else { return true }
        let own = process.threads.filter { $0.tid == tid }
        return (own.isEmpty ? process.threads.filter { $0.tid == 0 } : own).contains(where: judges)
    }
}

extension ProcessLedger {
    /// The steady phase's events of the threads that are judged, those in allowed regions left out; without what the
    /// syscalls witness saw, for which see `reconcile`.
    func judged(_ scope: Scope) -> EventCounts {
        guard scope != .process else { return phases[.steady].events - allowed }
        var counts = EventCounts()
        for thread in threads where scope.judges(thread) {
            counts += thread.phases[.steady].events - thread.allowed
            for kind in [EventKind.pageFaultMinor, .pageFaultMajor] { counts[kind].calls += thread.steadyFaults[kind] }
        }
        return counts
    }

    /// Page faults of the steady phase whose thread is unknown, and may be a judged one.
    func unattributedFaults(_ scope: Scope) -> UInt64 {
        guard scope != .process else { return 0 }
        // Of threads that the kernel alone knows the names are not known.
        if faultsByKernel, case .threads = scope {
            return threads.filter { $0.name.isEmpty }.reduce(0) { $0 + $1.steadyFaults.minor + $1.steadyFaults.major }
        }
        let steady = phases[.steady].events
        let all = steady[.pageFaultMinor].calls + steady[.pageFaultMajor].calls
        let known = threads.reduce(0) { $0 + $1.steadyFaults.minor + $1.steadyFaults.major }
        let judgedMayHave = lost.threadFaults > 0 || threads.contains { scope.judges($0) && $0.endedUnmeasured }
        return judgedMayHave && all > known ? all - known : 0
    }
}
