/// What is unknown about an attached program: never empty, so it never passes.
func attachReasons(_ observation: Observation, _ attached: Attached) -> [String] {
    var reasons: [String] = []
    if let problem = attached.heapProblem { reasons.append("its heap calls are not seen: \(problem)") }
    if observation.syscalls.status == .unavailable, let reason = observation.syscalls.reason {
        reasons.append("its mapping calls are not seen: \(reason)")
    }
    if let reason = observation.kernel.reason {
        reasons.append("kernel allocations are not seen in full: \(reason)")
    }
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
