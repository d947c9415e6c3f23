/// Which of the subject's processes are judged: the value of `--process`, a pattern (`Glob`) for the name of the program that a
/// process runs.
public struct ProcessPattern: Equatable, Sendable {
    public let text: String
    private let glob: Glob

    public init?(_ text: String) {
        guard !text.isEmpty, let glob = Glob(text) else { return nil }
        self.text = text
        self.glob = glob
    }

    func judges(_ process: ProcessLedger) -> Bool {
        // One whose program is not known may run this one.
        guard let file = process.executable.split(separator: "/").last.map(String.init) else { return true }
        // The kernel's name for a program whose file has been replaced since it was started (proc_pid_exe(5)).
        let deleted = " (deleted)"
        return glob.matches(file) || file.hasSuffix(deleted) && glob.matches(String(file.dropLast(deleted.count)))
    }
}

extension Observation {
    /// Without the ledgers of processes that are not judged. What is not known of the subject as a whole stays.
    func judged(_ pattern: ProcessPattern?) -> Observation {
        guard let pattern else { return self }
        var judged = self
        judged.ledger.processes.removeAll { !pattern.judges($0) }
        return judged
    }
}

/// No process is judged.
func patternReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    guard let pattern = request.process, !observation.ledger.processes.contains(where: pattern.judges) else {
        return []
    }
    let names = Set(
        observation.ledger.processes.map { $0.executable.split(separator: "/").last.map(String.init) ?? "?" })
    return [
        Reason(
            "no process runs a program that --process \(pattern.text) names; there were: \(names.sorted().joined(separator: ", "))",
            .processNames)
    ]
}

/// Those that are not, with what they did: what is left out is shown.
func patternNotes(_ observation: Observation, _ request: AuditRequest) -> [String] {
    guard let pattern = request.process else { return [] }
    let others = observation.ledger.processes.filter { !pattern.judges($0) }
    let transferring = others.filter { $0.phases.transfers > 0 }
    let named = transferring.prefix(4).map { "\(name(of: $0)) with \(plural($0.phases.transfers, "transfer"))" }
    let more = transferring.count - named.count
    return [
        "--process \(pattern.text): \(plural(others.count, "other program")) of the subject's processes "
            + "\(others.count == 1 ? "is" : "are") not judged"
            + (named.isEmpty
                ? "" : ", among them \(named.joined(separator: ", "))" + (more > 0 ? " and \(more) more" : ""))
    ]
}
