import AuditCore

/// What to do about a verdict that is no pass.
func adviceLines(_ audit: Audit) -> [String] {
    [warmupAdvice(audit)].compactMap { $0 }
}

/// A warm-up that ends where the last event was: nothing but its length keeps such a program from passing. Events are told by the
/// ordinal of a transfer of their process, on whichever file.
private func warmupAdvice(_ audit: Audit) -> String? {
    guard audit.verdict == .fail, audit.phasesFoundBy == .transfers else { return nil }
    if let settled = audit.settledAfter {
        guard settled <= audit.middle, audit.reaches(settled) else { return nil }
        return "it settled after transfer \(settled): with --steady-after \(settled) these would be its warm-up's"
    }
    // Most of them, which leaves fewer to look at.
    let early = audit.places.filter { $0.endsEarly(audit.processes) }
    let calls = early.reduce(0) { $0 + $1.calls }
    let all = audit.places.reduce(0) { $0 + $1.calls }
    guard let last = early.compactMap(\.lastTransfer).max(), calls > all / 2, audit.reaches(last + 1) else {
        return nil
    }
    return "\(calls) of \(all) came by transfer \(last): --steady-after \(last + 1) leaves the rest"
}

extension Audit {
    /// The ordinal of the transfer in the middle of the steady phase: what happens after that is no matter of the warm-up.
    fileprivate var middle: UInt64 {
        (processes.map { $0.phases[.warmup].transfers }.min() ?? 0) + phases[.steady].transfers / 2
    }

    /// Each process that transfers would have a steady phase with a transfer in it.
    fileprivate func reaches(_ transfer: UInt64) -> Bool {
        processes.allSatisfy {
            $0.transfers == 0 || $0.phases[.warmup].transfers + $0.phases[.steady].transfers > transfer
        }
    }
}
