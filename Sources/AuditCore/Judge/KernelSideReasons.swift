extension AuditRequest {
    /// Heap calls are judged, which the interposer alone sees; or phases are, and nothing else found them.
    func needsInterposer(_ observation: Observation) -> Bool {
        if observation.attached != nil { return false }
        return policy.forbidsAny(of: .heap) || observation.transfers.status != .active || phasesByMarker
            || !observation.ledger.processes.contains { $0.phasesByKernel || $0.attached }
    }
}

extension Policy {
    func forbidsAny(of family: EventKind.Family) -> Bool { forbidden.contains { $0.family == family } }

    var judgesMappings: Bool { forbidsAny(of: .mapping) || forbidsAny(of: .systemCall) }
}

/// What is judged of processes that never reported must be seen by a witness of the kernel's side.
func kernelSideReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    observation.ledger.processes.lazy.filter(\.phasesByKernel).flatMap { kernelSideReasons($0, observation, request) }
}

private func kernelSideReasons(
    _ process: ProcessLedger, _ observation: Observation, _ request: AuditRequest
) -> [Reason] {
    let who = "\(name(of: process)), whose phases are by the kernel's transfers"
    var reasons = process.unknownHeapReasons(request)
    if process.steadyBeginsLate {
        reasons.append(
            Reason(
                "where the steady phase of \(name(of: process)) began is not known: of so many transfers the kernel shows no end",
                .giveCue))
    }
    if request.policy.judgesMappings,
        observation.syscalls.status != .active || observation.syscalls.method == .perfMappings
    {
        reasons.append(
            Reason(
                "the mapping calls of \(who), are not known in full: "
                    + (observation.syscalls.reason ?? "perf's records of mappings show no munmap and no mremap"),
                .allowMappings))
    }
    if request.policy.forbidsAny(of: .pageFault), !process.phases[.steady].faultsKnown {
        reasons.append(
            Reason(
                "the page faults of \(who), are not known in full: "
                    + (observation.kernel.reason ?? "perf events do not show those that the kernel takes by itself"),
                .allowFaults))
    }
    if request.policy.forbidsAny(of: .pageFault), process.undatedFaults > 0 {
        reasons.append(
            Reason(
                "\(plural(process.undatedFaults, "page fault")) of \(who), which the kernel took by itself, may be of the steady "
                    + "phase or not", .allowFaults))
    }
    if request.policy.forbids(.pagesUnexplained), process.undatedPages > 0 {
        reasons.append(
            Reason(
                "\(plural(process.undatedPages, "resident page")) that nothing explains, of \(who), may be of the steady phase or "
                    + "not", .allowFaults))
    }
    if request.policy.forbids(.malloc), process.undatedHeap > 0 {
        reasons.append(
            Reason(
                "\(plural(process.undatedHeap, "byte")) that glibc's own books have beyond the calls counted, of \(who), may be "
                    + "of the steady phase or not", .allowHeap))
    }
    let locks = process.otherCalls[.mlockall] != nil || process.earlierLockCalls[.mlockall] != nil
    if request.lock.applies(subjectLocks: locks), !process.lock.observed {
        reasons.append(Reason("whether the memory of \(who), is locked is not known", .noLockRequired))
    }
    return reasons
}

extension ProcessLedger {
    /// Its phases are the kernel's though the interposer counted its heap calls, by phases of its own.
    fileprivate func unknownHeapReasons(_ request: AuditRequest) -> [Reason] {
        let undated = undated(request.scope)
        let calls = EventKind.allCases.filter { request.policy.forbids($0) && undated[$0].calls > 0 }
        guard steadyReached, !calls.isEmpty else { return [] }
        let named = calls.map { $0.text(undated[$0].calls) }.joined(separator: ", ")
        return [
            Reason("\(seenInPart), so that \(named) may be of the steady phase or not", .allowHeap)
        ]
    }

    fileprivate var seenInPart: String {
        "the interposer saw \(seenTransfers) of the \(plural(phases.transfers, "transfer")) of \(name(of: self))"
            + (kernelTransfers.map { " (\($0.text))" } ?? "")
    }
}

/// Which transfers did not reach the interposer, where that is no reason against a pass. An attached program has none.
func phaseNotes(_ observation: Observation) -> [String] {
    guard observation.attached == nil else { return [] }
    return observation.ledger.processes.filter { $0.phasesByKernel && $0.attached && $0.phases.transfers > 0 }.map {
        "\($0.seenInPart): its phases are by the kernel's count"
    }
}
