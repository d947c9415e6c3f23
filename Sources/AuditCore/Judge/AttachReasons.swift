/// A pass says what it does not rest on.
func attachNotes(_ observation: Observation) -> [String] {
    guard observation.attached != nil, observation.ledger.processes.contains(where: \.growth.isKnown) else { return [] }
    return ["pages that came to it without a page fault are known from the end of its first transfer on"]
}

/// What is unknown about an attached program. Its phases are not asked for: all of the time counts as its steady phase.
func attachReasons(_ observation: Observation, _ attached: Attached, _ request: AuditRequest) -> [Reason] {
    var reasons: [Reason] = []
    if request.policy.forbidsAny(of: .heap) {
        if let problem = attached.heapProblem {
            reasons.append(Reason("its heap calls are not seen: \(problem)", .runInstead))
        }
        // The probes report through its rings.
        if attached.heapProblem == nil {
            reasons += [observation.kernel.reason("its heap calls are not seen in full: ")].compactMap(\.self)
        }
        if let file = attached.loaded {
            reasons.append(
                Reason("it loaded \(file) while it was watched, which may have a heap of its own", .attachAgain))
        }
    }
    reasons += [observation.transfers.reason("its transfers are not seen: ")].compactMap(\.self)
    if !attached.isWhole {
        reasons.append(
            Reason(
                "threads began faster than they could be attached to: some of them may not be watched", .runInstead))
    }
    if attached.nameless > 0 {
        reasons.append(
            Reason(
                "\(plural(attached.nameless, "thread")) ended before the name was known by which threads are judged",
                .allThreads))
    }
    if attached.becameProgram {
        reasons.append(Reason("it became another program while it was watched (execve)", .attachAgain))
    }
    if attached.hasEnded { reasons.append(Reason("it ended while it was watched", .shorterWatch)) }
    return reasons
}
