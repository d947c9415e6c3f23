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
    if !request.policy.forbidden.isEmpty { reasons += otherProcessReasons(observation, attached) }
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

/// What other processes do by its code and to its memory is not counted: the probes and events are those of its own threads.
private func otherProcessReasons(_ observation: Observation, _ attached: Attached) -> [Reason] {
    func named(_ pids: [Int32]) -> String {
        pids.count == 1 ? "process \(pids[0])" : "\(pids.count) processes (the first: \(pids[0]))"
    }
    var reasons: [Reason] = []
    if !attached.children.isEmpty {
        reasons.append(
            Reason(
                "it started \(named(attached.children)) while it was watched, whose calls and page faults are not counted",
                .runInstead))
    }
    reasons += [
        observation.kernel.reason("whether it started processes while it was watched is not known: ")
    ].compactMap(\.self)
    guard let sharers = attached.sharers else {
        return reasons + [Reason("whether another process shares its memory (CLONE_VM) is not known", .comparable)]
    }
    if !sharers.isEmpty {
        reasons.append(
            Reason(
                "\(named(sharers)) shared its memory (CLONE_VM) when the watch began: what is done to it there is not counted",
                .threadsInstead))
    }
    return reasons
}
