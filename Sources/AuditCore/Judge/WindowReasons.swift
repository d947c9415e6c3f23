/// The steady phase that was to begin by `--steady-from` has not begun, or a program names its own.
func windowReasons(_ observation: Observation) -> [Reason] {
    var reasons: [Reason] = []
    let window = observation.window
    if let from = window.from, from.nanoseconds == nil {
        reasons.append(Reason("the steady phase did not begin: \(from.whyNot)", from.remedy))
    }
    if window.isForged {
        reasons.append(
            Reason("the program changed what dioaudit had said of its steady phase in the ledger", .keepMemory))
    }
    let options = [window.from.map { _ in "--steady-from" }, window.to.map { _ in "--steady-to" }].compactMap(\.self)
    guard !options.isEmpty else { return reasons }
    for process in observation.ledger.processes where process.phasesByMarker {
        reasons.append(
            Reason(
                "\(name(of: process)) names its phases itself (dioaudit_phase), and does not follow "
                    + options.joined(separator: " and "), .noCues))
    }
    return reasons
}

/// Where the steady phase is by, if not by the transfers themselves.
func windowNotes(_ window: SteadyWindow) -> [String] {
    var notes: [String] = []
    if let from = window.from, from.nanoseconds != nil { notes.append("the steady phase began by \(from.cue.text)") }
    if let to = window.to {
        notes.append(
            to.nanoseconds == nil
                ? "the steady phase was not ended by --steady-to: \(to.whyNot); \(to.remedy.text)"
                : "the steady phase ended by \(to.cue.text)")
    }
    return notes
}

/// Exit may last: its handlers, and the program's other threads, go on to transfer, and that is of the teardown.
func exitNotes(_ observation: Observation) -> [String] {
    guard observation.window.to == nil else { return [] }
    let late = observation.ledger.processes.filter {
        $0.steadyReached && !$0.phasesByMarker && $0.phases[.teardown].transfers > 0
    }
    return late.map {
        "\(name(of: $0)) made \(plural($0.phases[.teardown].transfers, "transfer")) after exit had begun, which is teardown and not judged"
    }
}

extension SteadyWindow.Edge {
    /// What did not come.
    fileprivate var whyNot: String {
        if let problem { return "\(cue.text): \(problem)" }
        switch cue {
        case .signal(_, let name): return "no SIG\(name) came to dioaudit while the program ran"
        case .file(let path): return "\(path) did not appear while the program ran"
        }
    }

    fileprivate var remedy: Remedy { .cue(cue) }
}
