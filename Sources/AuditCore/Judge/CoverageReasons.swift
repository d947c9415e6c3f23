/// Whether each process that transfers reached its steady phase, and transfers there.
func coverageReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    let processes = observation.ledger.processes
    return transferCountReasons(observation, request) + processes.flatMap { earlyReasons($0, observation, request) }
        + processes.flatMap { $0.unseenReasons(observation, request) + $0.markerReasons }
}

private func transferCountReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    let processes = observation.ledger.processes
    let total = observation.ledger.total
    guard processes.contains(where: \.steadyReached) else {
        return [total.transfers > 0 ? notReached(total.transfers, request) : noTransfer(observation, request)]
    }
    // Where the transfers do not say when the steady phase is, there may be no O_DIRECT file at all.
    let areNamed = observation.attached != nil || processes.allSatisfy { $0.phasesByMarker || !$0.steadyReached }
    let required = areNamed ? request.minimumTransfers : max(1, request.minimumTransfers)
    guard total[.steady].transfers < required else { return [] }
    return [
        Reason(
            "the steady phase holds \(plural(total[.steady].transfers, "transfer")), and \(required) or more are required",
            observation.attached != nil ? .watchLonger : areNamed || required > 1 ? .fewerTransfers : .shorterWarmup)
    ]
}

private func notReached(_ transfers: UInt64, _ request: AuditRequest) -> Reason {
    Reason(
        "the steady phase was not reached: all \(plural(transfers, "transfer")) came before it",
        request.phasesByMarker ? .nameSteady : .shorterWarmup)
}

private func noTransfer(_ observation: Observation, _ request: AuditRequest) -> Reason {
    let processes = observation.ledger.processes
    // A call that may transfer begins the warm-up, which is undone where the call moves nothing.
    let tried = processes.contains { !$0.phasesByMarker && $0.phases[.warmup].durationNanoseconds > 0 }
    if tried {
        return Reason(
            "no transfer on an O_DIRECT file was seen: each call that was tried failed or moved nothing", .aligned)
    }
    if request.phasesByMarker { return Reason("no transfer on an O_DIRECT file was seen", .nameSteady) }
    let files = processes.reduce(0) { $0 + $1.directFiles }
    if files > 0 {
        return Reason(
            "no transfer on an O_DIRECT file was seen, though \(files == 1 ? "one was" : "\(files) were") opened",
            .transferThere)
    }
    let areAllSeen = observation.ledger.unseenPrograms.isEmpty && observation.ledger.imagesUnseen == 0
    guard areAllSeen, !processes.isEmpty, processes.allSatisfy(\.attached) else {
        return Reason("no transfer on an O_DIRECT file was seen", .findDirectFiles)
    }
    return Reason("no transfer on an O_DIRECT file was seen, nor such a file", .openDirectly)
}

private func earlyReasons(_ process: ProcessLedger, _ observation: Observation, _ request: AuditRequest) -> [Reason] {
    let early = process.phases.transfers
    // Where none reached it, that is said already.
    guard early > 0, observation.ledger.processes.contains(where: \.steadyReached) else { return [] }
    if !process.steadyReached {
        return [
            Reason(
                "\(name(of: process)) did \(plural(early, "transfer")) and never reached its steady phase",
                process.phasesByMarker || request.phasesByMarker ? .nameSteady : .shorterWarmup)
        ]
    }
    // The steady phase of one process does not clear another.
    let anySteady = observation.ledger.total[.steady].transfers > 0 && request.minimumTransfers > 0
    guard anySteady, process.phases[.steady].transfers == 0 else { return [] }
    return [
        Reason(
            "\(name(of: process)) did \(plural(early, "transfer")), none of them in its steady phase", .fewerTransfers)
    ]
}

extension Witness {
    func differences(of processes: [ProcessLedger]) -> [WitnessDifference] {
        guard status != .unavailable else { return [] }
        let seen: [EventKind] = method == .perfMappings ? [.syscallMmap, .syscallBrk] : EventKind.systemCalls
        return processes.flatMap(reconcile).filter { seen.contains($0.kind) }
    }
}
