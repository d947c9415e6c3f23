/// Where the two witnesses of a process's mappings differ: the interposer counts calls of libc's functions, the kernel
/// what arrives there, from whomever.
public struct WitnessDifference: Equatable, Sendable, Codable {
    public let pid: Int32
    public let phase: Phase
    /// syscallMmap, syscallMunmap, syscallMremap or syscallBrk.
    public let kind: EventKind
    public let interposer: UInt64
    public let kernel: UInt64
}

extension EventKind {
    /// The interposed functions that make the system call.
    var interposedCounterparts: [EventKind] {
        switch self {
        case .syscallMmap: [.mmap]
        case .syscallMunmap: [.munmap]
        case .syscallMremap: [.mremap]
        case .syscallBrk: [.brk, .sbrk]
        default: []
        }
    }

    static let systemCalls: [EventKind] = allCases.filter { $0.family == .systemCall }
}

extension EventCounts {
    fileprivate func interposed(_ kind: EventKind) -> UInt64 {
        kind.interposedCounterparts.reduce(0) { $0 + self[$1].calls }
    }

    /// How many more calls the kernel saw than the interposer; negative if fewer.
    fileprivate func surplus(_ kind: EventKind) -> Int64 {
        Int64(clamping: self[kind].calls) - Int64(clamping: interposed(kind))
    }
}

/// Every difference of a process, phase by phase.
func reconcile(_ process: ProcessLedger) -> [WitnessDifference] {
    process.phases.all.flatMap { phase in
        EventKind.systemCalls.compactMap { kind in
            guard phase.events.surplus(kind) != 0 else { return nil }
            return WitnessDifference(
                pid: process.pid, phase: phase.name, kind: kind, interposer: phase.events.interposed(kind),
                kernel: phase.events[kind].calls)
        }
    }
}

extension ProcessLedger {
    /// The steady phase's system calls of judged threads that bypassed the interposer: libc's own, or direct ones.
    func uncounted(_ scope: Scope) -> [(tid: Int32, kind: EventKind, calls: UInt64)] {
        EventKind.systemCalls.flatMap { kind -> [(tid: Int32, kind: EventKind, calls: UInt64)] in
            // Threads that have ended may have lost their number in the interposer's rows, but not in the kernel's.
            var pooled = threads.filter { $0.tid == 0 }.reduce(0) { $0 - min(0, $1.steadySurplus(kind)) }
            return threads.filter { $0.tid != 0 && scope.judges($0) }.compactMap { thread in
                var surplus = thread.steadySurplus(kind)
                if thread.name.isEmpty, surplus > 0 {
                    let counted = min(pooled, surplus)
                    pooled -= counted
                    surplus -= counted
                }
                return surplus > 0 ? (thread.tid, kind, UInt64(surplus)) : nil
            }
        }
    }
}

extension ProcessLedger {
    /// The same of threads that only the kernel knows, where names decide who is judged.
    func uncountedByNameless(_ scope: Scope) -> UInt64 {
        guard case .threads = scope else { return 0 }
        return uncounted(.process).lazy.filter { call in
            self.threads.contains { $0.tid == call.tid && $0.name.isEmpty }
        }.reduce(0) { $0 + $1.calls }
    }
}

extension ThreadLedger {
    fileprivate func steadySurplus(_ kind: EventKind) -> Int64 {
        let counted = (phases[.steady].events - allowed).surplus(kind)
        let steady = counted + Int64(clamping: idle[kind] ?? 0)
        return steady > 0 ? max(0, steady - straddling(kind)) : steady
    }

    /// A call is counted just before it is made: if the steady phase begins between, it is counted in the warm-up, and seen by the
    /// kernel in the steady phase. The interposer says how many calls that can be; a call that the kernel saw earlier is none.
    private func straddling(_ kind: EventKind) -> Int64 {
        let unmatched = [Phase.setup, .warmup].reduce(0) { $0 - min(0, phases[$1].events.surplus(kind)) }
        let noted = kind.interposedCounterparts.reduce(0) { $0 + (straddling[$1] ?? 0) }
        return min(Int64(clamping: noted), unmatched)
    }
}
