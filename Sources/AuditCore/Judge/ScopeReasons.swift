func scopeReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    let processes = observation.ledger.processes
    guard request.scope != .process, observation.interposerMissing == nil else { return [] }
    var reasons: [Reason] = []
    if !processes.contains(where: { $0.threads.contains(where: request.scope.judges) }) {
        reasons.append(
            Reason(
                "no thread is in the scope '\(request.scope.text)'",
                request.scope == .ioThreads ? .processScope : .scopeNames))
    }
    for process in processes {
        if request.scope == .ioThreads && process.directStreams > 0 {
            reasons.append(
                Reason(
                    "\(name(of: process)) has \(plural(process.directStreams, "stream")) of O_DIRECT files (fdopen, fopen): "
                        + "which threads transfer by them is not seen", .allThreads))
        }
        let nameless = process.uncountedByNameless(request.scope)
        if nameless > 0 {
            reasons.append(
                Reason(
                    "\(plural(nameless, "system call")) of \(name(of: process))'s steady phase were made by a thread whose "
                        + "name is not known", .allThreads))
        }
        let faults = process.unattributedFaults(request.scope)
        if faults > 0 && request.policy.forbids(.pageFaultMinor) {
            reasons.append(
                Reason(
                    "\(plural(faults, "page fault")) of \(name(of: process))'s steady phase may be those of a thread in the "
                        + "scope that has ended", .allThreads))
        }
        if process.lost.threadCalls > 0 {
            reasons.append(
                Reason(
                    "\(plural(process.lost.threadCalls, "call")) of \(name(of: process)) are counted, but their thread is "
                        + "unknown", .allThreads))
        }
    }
    return reasons
}
