import AuditCore

/// What machines read of an audit's counts. Nil, and so no figure at all, where nothing counted: unknown is not zero. Of a witness that
/// saw a part the figure is a lower bound, and its status says so beside it.
extension Audit {
    func known(_ kind: EventKind, in phase: PhaseLedger) -> EventCount? {
        isKnown(kind.family, in: phase) ? phase.events[kind] : nil
    }

    func isKnown(_ family: EventKind.Family, in phase: PhaseLedger) -> Bool {
        let isInterposed = witnesses.interposer.status != .unavailable
        // Of what was attached to, probes count the heap.
        let isProbed = !isInterposed && witnesses.heap.isThere
        return switch family {
        case .heap: isInterposed && phasesFoundBy != .kernel || isProbed
        case .mapping, .locking: isInterposed && phasesFoundBy != .kernel
        case .pageFault: phase.faultsKnown && (isInterposed || phase.name == .steady)
        case .unexplained: phase.name == .steady && witnesses.pages.isThere
        case .systemCall: witnesses.syscalls.status != .unavailable
        case .kernel: witnesses.kernel.status != .unavailable
        }
    }

    /// The phases of which anything is known.
    var knownPhases: [PhaseLedger] { phases.all.filter { $0.name == .steady ? hasSteadyPhase : $0.wasThere } }
}

extension Witness? {
    fileprivate var isThere: Bool { self.map { $0.status != .unavailable } ?? false }
}

extension PhaseLedger {
    func kernelSum(_ kind: KernelAllocation.Kind, _ risk: KernelAllocation.Risk) -> EventCount {
        kernel.lazy.filter { $0.kind == kind && $0.risk == risk }.reduce(into: EventCount()) {
            $0 += EventCount(calls: $1.calls, bytes: $1.bytes)
        }
    }
}
