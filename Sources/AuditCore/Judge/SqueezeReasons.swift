func squeezeReasons(_ observation: Observation) -> [Reason] {
    guard let squeeze = observation.squeeze else { return [] }
    if let problem = squeeze.problem { return [Reason("the squeeze is asked for: \(problem)", .squeeze)] }
    let steady = observation.ledger.processes.filter(\.steadyReached)
    if steady.isEmpty {
        return [Reason("the squeeze did not take place: no steady phase was seen", .shorterWarmup)]
    }
    return steady.filter { $0.squeeze != .always }.map {
        Reason(
            "\(name(of: $0)) began a steady phase that was not squeezed: dioaudit did not answer it in time", .spareCPU)
    }
}

/// The kernel killed the subject under the squeeze: a failure of its own, however its first process ended.
func squeezeFailure(_ observation: Observation) -> Reason? {
    guard let squeeze = observation.squeeze, squeeze.oomKills > 0 else { return nil }
    return Reason(
        "the subject ran out of memory under the squeeze: the kernel killed "
            + plural(squeeze.oomKills, "process", "es"),
        .squeezeSlack)
}
