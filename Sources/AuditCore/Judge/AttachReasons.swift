/// A pass says what it does not rest on.
func attachNotes(_ observation: Observation) -> [String] {
    guard observation.attached != nil, observation.ledger.processes.contains(where: \.growth.isKnown) else { return [] }
    return ["pages that came to it without a page fault are known from the end of its first transfer on"]
}

/// What is unknown about an attached program. Its phases are not asked for: all of the time counts as its steady phase.
func attachReasons(_ observation: Observation, _ attached: Attached, _ request: AuditRequest) -> [String] {
    var reasons: [String] = []
    if request.policy.forbidsAny(of: .heap) {
        if let problem = attached.heapProblem { reasons.append("its heap calls are not seen: \(problem)") }
        // The probes report through its rings.
        if attached.heapProblem == nil, let reason = observation.kernel.reason {
            reasons.append("its heap calls are not seen in full: \(reason)")
        }
        if let file = attached.loaded {
            reasons.append("it loaded \(file) while it was watched, which may have a heap of its own")
        }
    }
    if let reason = observation.transfers.reason { reasons.append("its transfers are not seen: \(reason)") }
    if !attached.isWhole {
        reasons.append("threads began faster than they could be attached to: some of them may not be watched")
    }
    if attached.nameless > 0 {
        reasons.append(
            "\(plural(attached.nameless, "thread")) ended before the name was known by which threads are judged")
    }
    if attached.becameProgram { reasons.append("it became another program while it was watched (execve)") }
    if attached.hasEnded { reasons.append("it ended while it was watched") }
    for process in observation.ledger.processes { reasons += process.otherCallReasons }
    return reasons
}
