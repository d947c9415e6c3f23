/// The ordinal of the transfer after which no forbidden event happened again: how long the warm-up really is. Null if
/// there is no such transfer, or none that was observed to be one.
///
/// An event is known by the transfer last begun when it happened, so the answer may be one too high, never too low.
func settledAfter(_ processes: [ProcessLedger], policy: Policy, scope: Scope = .process) -> UInt64? {
    var latest: UInt64?
    for process in processes where process.transfers > 0 {
        guard let settled = settledAfter(process, policy: policy, scope: scope) else { return nil }
        latest = max(latest ?? 0, settled)
    }
    return latest
}

private func settledAfter(_ process: ProcessLedger, policy: Policy, scope: Scope) -> UInt64? {
    let faults = [EventKind.pageFaultMinor, .pageFaultMajor].filter(policy.forbids)
    let steady = process.phases[.steady]
    if !faults.isEmpty && !steady.faultsKnown { return nil }
    let judged = process.judged(scope)
    if EventKind.unexplained.contains(where: { policy.forbids($0) && judged[$0].calls > 0 }) { return nil }
    if faults.contains(where: { judged[$0].calls > 0 }) || process.unattributedFaults(scope) > 0 { return nil }
    // A system call inside a heap call is known by that; of another it is not known when it was.
    let systemCalls = Violation.systemCalls(in: process, policy: policy, scope: scope)
    if systemCalls.contains(where: { $0.within == nil }) || process.uncertainSyscalls > 0 { return nil }

    var settled: UInt64 = 1
    // Page faults are known by phase only: those of the warm-up may be its last transfer's.
    let warmup = process.phases[.warmup]
    if faults.contains(where: { warmup.events[$0].calls > 0 }) { settled = max(1, warmup.transfers) }

    for thread in process.threads where scope.judges(thread) {
        for (kind, transfer) in thread.lastTransfer where policy.forbids(kind) {
            let calls = { (phase: Phase) in thread.phases[phase].events[kind].calls }
            if calls(.steady) > 0 || calls(.teardown) == 0 {
                settled = max(settled, transfer + 1)
            } else if calls(.warmup) > 0 {
                // The mark may be one of teardown, which does not count; the warm-up's end bounds the rest.
                settled = max(settled, min(transfer + 1, warmup.transfers))
            }
        }
    }
    return settled < process.transfers ? settled : nil
}
