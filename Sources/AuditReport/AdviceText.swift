import AuditCore

/// What its events' times say of a failure.
package func adviceLines(_ audit: Audit) -> [String] {
    [warmupAdvice(audit), endAdvice(audit)].compactMap { $0 }
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

/// A program that ends with its file open does so in its steady phase.
private func endAdvice(_ audit: Audit) -> String? {
    let transferring = audit.processes.filter { $0.transfers > 0 }
    guard audit.verdict == .fail, audit.phasesFoundBy == .transfers, transferring.count == 1 else { return nil }
    let late = audit.places.filter { $0.firstTransfer == transferring[0].transfers }
    let calls = late.reduce(0) { $0 + $1.calls }
    let all = audit.places.reduce(0) { $0 + $1.calls }
    guard calls > all / 2 else { return nil }
    return
        "\(calls) of \(all) came at or after the last transfer: if the program closes its O_DIRECT files before, they are of "
        + "its teardown"
}
