func squeezeReasons(_ observation: Observation) -> [String] {
    guard let squeeze = observation.squeeze else { return [] }
    if let problem = squeeze.problem { return ["the squeeze is asked for: \(problem)"] }
    let steady = observation.ledger.processes.filter(\.steadyReached)
    if steady.isEmpty { return ["the squeeze did not take place: no steady phase was seen"] }
    return steady.filter { $0.squeeze != .always }.map {
        "\(name(of: $0)) began a steady phase that was not squeezed: dioaudit did not answer it in time"
    }
}

/// The kernel killed the subject under the squeeze: a failure of its own, however its first process ended.
func squeezeFailure(_ observation: Observation) -> String? {
    guard let squeeze = observation.squeeze, squeeze.oomKills > 0 else { return nil }
    return "the subject ran out of memory under the squeeze: the kernel killed "
        + plural(squeeze.oomKills, "process", "es")
}
