import ArgumentParser
import AuditCore
import AuditReport
import LinuxSystem

/// Options of the commands that judge by budgets and a baseline.
struct GateOptions: ParsableArguments {
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            """
            How much of WHAT is allowed: kinds, heap, mappings, faults, all, bytes, thread:PATTERN, place:FUNCTION, file:FILE, \
            locked or settledAfter; with /transfer or /bytes behind it (docs/budgets.md).
            """, valueName: "what=n"), transform: read)
    var budget: [Budget] = []

    @Option(help: ArgumentHelp("An earlier report: only what is worse fails (docs/baselines.md).", valueName: "file"))
    var baseline: String?

    @Flag(help: "Write this run's report to the baseline's file, unless it is inconclusive or the program failed.")
    var updateBaseline = false

    @Flag(help: "A budget, suppression or kernel limit that nothing used is a failure.")
    var strict = false

    func validate() throws {
        if updateBaseline && baseline == nil { throw ValidationError("--update-baseline goes with --baseline FILE.") }
    }

    /// Reads the baseline's file.
    func set(in request: inout AuditRequest) throws(AuditError) {
        try addBudgets(to: &request)
        request.baseline = try readBaseline()
    }

    /// Beside those that it has.
    func addBudgets(to request: inout AuditRequest) throws(AuditError) {
        request.budgets += budget
        request.strict = request.strict || strict
        for budget in budget {
            guard let kind = budget.hasNoStacks(under: request.policy) else { continue }
            throw AuditError(
                "\(kind.rawValue) is allowed, and so has no stacks to tell where it came from",
                at: "--budget \(budget.text)",
                remedy: "add --forbid \(kind.rawValue), or write a budget without a pattern", exit: .usage)
        }
    }

    /// Null without one, and where it is to be made.
    func readBaseline() throws(AuditError) -> Baseline? {
        guard let baseline, !(updateBaseline && !WholeFile.exists(at: baseline)) else { return nil }
        let report = try readReport(at: baseline)
        return Baseline(file: baseline, audits: report.audits, lostAudits: report.lostAudits)
    }

    /// What a run says that is to be a baseline, if it is. What it lost is accepted; audits that are none of its stay.
    func update(with report: Report, over earlier: Baseline?) throws(AuditError) {
        guard updateBaseline, let baseline else { return }
        let isWhole =
            !report.audits.contains { $0.verdict == .inconclusive || $0.subjectFailed } && !report.audits.isEmpty
        guard isWhole else {
            writeError(
                "dioaudit: \(printable(baseline)) stays as it is: the run is inconclusive, or its program failed\n")
            return
        }
        let judged = Set(report.audits.map(\.name) + report.lostAudits)
        let accepted = Report(
            report.command, machine: report.machine, files: report.files,
            audits: report.audits + (earlier?.audits ?? []).filter { !judged.contains($0.name) },
            lostAudits: (earlier?.lostAudits ?? []).filter { !judged.contains($0) })
        try replaceFile(at: baseline, withJSON: accepted)
        writeError("dioaudit: wrote the baseline \(printable(baseline))\n")
    }
}

extension Budget: OptionValue {
    init(option argument: String) throws(WrongValue) {
        do throws(Problem) { try self.init(argument) } catch { throw WrongValue(error.what) }
    }
}
