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
}

/// What is judged of processes that never reported must be seen by a witness of the kernel's side.
func kernelSideReasons(_ observation: Observation, _ request: AuditRequest) -> [String] {
    observation.ledger.processes.lazy.filter(\.phasesByKernel).flatMap { kernelSideReasons($0, observation, request) }
}

private func kernelSideReasons(
    _ process: ProcessLedger, _ observation: Observation, _ request: AuditRequest
) -> [String] {
    let who = "\(name(of: process)), whose calls the interposer does not see"
    var reasons: [String] = []
    let mapsMatter = request.policy.forbidsAny(of: .mapping) || request.policy.forbidsAny(of: .systemCall)
    if mapsMatter, observation.syscalls.status != .active || observation.syscalls.method == .perfMappings {
        reasons.append(
            "the mapping calls of \(who), are not known in full: "
                + (observation.syscalls.reason ?? "perf's records of mappings show no munmap and no mremap"))
    }
    if request.policy.forbidsAny(of: .pageFault), !process.phases[.steady].faultsKnown {
        reasons.append(
            "the page faults of \(who), are not known: \(observation.kernel.reason ?? "the kernel witness is off")")
    }
    let locks = process.otherCalls[.mlockall] != nil || process.earlierLockCalls[.mlockall] != nil
    if request.lock.applies(subjectLocks: locks), !process.lock.observed {
        reasons.append("whether the memory of \(who), is locked is not known")
    }
    return reasons
}
