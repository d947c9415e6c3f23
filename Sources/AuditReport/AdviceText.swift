import AuditCore

/// What to do about a verdict that is no pass.
func adviceLines(_ audit: Audit) -> [String] {
    [warmupAdvice(audit)].compactMap { $0 }
}

/// A warm-up that ends where the last event was: nothing but its length keeps such a program from passing.
private func warmupAdvice(_ audit: Audit) -> String? {
    guard audit.verdict == .fail, audit.phasesFoundBy == .transfers else { return nil }
    let steady = audit.phases[.steady].transfers
    if let settled = audit.settledAfter {
        return "it settled after transfer \(settled): with --warmup-ios \(settled) these would be its warm-up's"
    }
    // Most of them, which leaves fewer to look at.
    let early = audit.places.filter { $0.endsEarly(audit.processes) }
    let calls = early.reduce(0) { $0 + $1.calls }
    let all = audit.places.reduce(0) { $0 + $1.calls }
    guard let last = early.compactMap(\.lastTransfer).max(), steady > 0, calls > all / 2 else { return nil }
    return "\(calls) of \(all) came by transfer \(last): --warmup-ios \(last + 1) leaves the rest"
}
