/// The steady phase that was to begin by `--steady-from` has not begun, or a program names its own.
func windowReasons(_ observation: Observation) -> [String] {
    var reasons: [String] = []
    let window = observation.window
    if let from = window.from, from.nanoseconds == nil {
        reasons.append("the steady phase did not begin: \(from.whyNot)")
    }
    if window.isForged {
        reasons.append("the program changed what dioaudit had said of its steady phase in the ledger")
    }
    let options = [window.from.map { _ in "--steady-from" }, window.to.map { _ in "--steady-to" }].compactMap(\.self)
    guard !options.isEmpty else { return reasons }
    for process in observation.ledger.processes where process.phasesByMarker {
        reasons.append(
            "\(name(of: process)) names its phases itself (dioaudit_phase), and does not follow "
                + options.joined(separator: " and "))
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
                ? "the steady phase was not ended by --steady-to: \(to.whyNot)"
                : "the steady phase ended by \(to.cue.text)")
    }
    return notes
}

extension SteadyWindow.Edge {
    /// What did not come, and how to let it come.
    fileprivate var whyNot: String {
        if let problem { return "\(cue.text): \(problem)" }
        switch cue {
        case .signal(_, let name):
            return
                "no SIG\(name) came to dioaudit while the program ran; send it to dioaudit's own process: kill -\(name) PID"
        case .file(let path):
            return "\(path) did not appear while the program ran; make it when the program is there: touch \(path)"
        }
    }
}
