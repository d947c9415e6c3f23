import ArgumentParser
import AuditCore
import AuditReport
import Disks
import LinuxSystem
import Observe
import Plans

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Audits what a plan says: ./dioaudit.yml, or without it every engine on real O_DIRECT files.",
        discussion: """
            A plan (docs/plans.md) runs the commands that stand in it. 'dioaudit init' writes one to begin with.
            Exit codes: 0 pass, 1 violations, 2 inconclusive, 3 a subject itself failed, 64 usage, 65 a bad plan or \
            suppression file, 70 internal error.
            """)

    @Option(
        help:
            "The plan: a dioaudit.yml, or a job file of fio's (*.fio, *.job). (default: ./dioaudit.yml if there is one)"
    )
    var plan: String?

    @Option(
        help: ArgumentHelp(
            "Only the audits of this name, with * and ?. Repeat it for several; --list says the names.",
            valueName: "name"))
    var only: [String] = []

    @Option(
        help: """
            Where the workloads' scratch files go, if the plan does not say it: by default the first of $TMPDIR, /var/tmp and . \
            that takes O_DIRECT.
            """)
    var directory: String?

    @Flag(help: "Say what would run, and run nothing.")
    var list = false

    @OptionGroup var gate: GateOptions

    @OptionGroup var reporting: ReportOptions

    func validate() throws {
        if gate.updateBaseline && !only.isEmpty {
            throw ValidationError("--update-baseline with --only would lose the other workloads of the baseline.")
        }
    }

    func run() throws {
        let plan = try PlanFile.plan(plan)
        let entries = try selection(of: plan)
        var requests = PlanRequests()
        var planned: [PlannedAudit] = []
        let baseline = try gate.readBaseline()
        for entry in entries {
            var one = try requests.planned(entry)
            try gate.addBudgets(to: &one.request)
            one.request.baseline = baseline
            planned.append(one)
        }
        if list {
            try Output.stdout.write(entries.map { printable($0.name) + "\n" }.joined())
            return
        }
        let reporter = try Reporter(reporting, textOutput: .stdout)
        say(plan, entries)
        removeLeftovers()
        Interruption.hold()
        let place = try usualPlace(for: entries)
        let (audits, interruption) = try audits(planned, in: place)
        if let interruption {
            writeError("dioaudit: interrupted: \(audits.count) of \(plural(entries.count, "audit")) took place\n")
            Interruption.die(of: interruption)
        }
        Interruption.release()
        let lost = baseline?.names.filter { name in
            (only.isEmpty || only.contains { isMeant(name, by: $0) }) && !audits.contains { $0.name == name }
        }
        let report = Report(
            .audit, machine: .current(), files: place.map(Storage.holding), audits: audits, lostAudits: lost ?? [])
        try reporter.write(report)
        try gate.update(with: report, over: baseline)
        throw ExitCode(report.exitStatus.rawValue)
    }

    private func say(_ plan: Plan, _ entries: [Entry]) {
        guard let file = plan.file, !reporting.quiet else { return }
        writeError("dioaudit: \(plural(entries.count, "audit")) by \(printable(file))\n")
        for note in plan.notes { writeError("dioaudit: \(printable(file)): \(printable(note))\n") }
    }

    private func selection(of plan: Plan) throws(AuditError) -> [Entry] {
        var isChosen = [Bool](repeating: only.isEmpty, count: plan.entries.count)
        for pattern in only {
            let chosen = plan.entries.indices.filter { isMeant(plan.entries[$0].name, by: pattern) }
            guard !chosen.isEmpty else { throw unknown(pattern, plan) }
            for index in chosen { isChosen[index] = true }
        }
        return zip(plan.entries, isChosen).filter(\.1).map(\.0)
    }

    /// By its name, or by what stands before the brackets of a matrix.
    private func isMeant(_ name: String, by pattern: String) -> Bool {
        guard let glob = Glob(pattern) else { return false }
        return glob.matches(name) || glob.matches(String(name.prefix { $0 != "[" }))
    }

    private func unknown(_ name: String, _ plan: Plan) -> AuditError {
        let names = plan.entries.map(\.name)
        let near = name.nearest(5, of: names)
        let rest = names.count > near.count ? "; --list names all \(names.count)" : ""
        return AuditError(
            "no audit of \(plan.file ?? "the built-in plan") has this name", at: "--only \(name)",
            remedy: "near ones are: " + near.joined(separator: ", ") + rest, exit: .usage)
    }

    /// Where workloads go that name no directory; null if there are none. Each directory is tried before the first audit.
    private func usualPlace(for entries: [Entry]) throws(AuditError) -> String? {
        var needsUsual = false
        var tried = Set<String>()
        for entry in entries {
            guard case .workload(_, let setting) = entry.work else { continue }
            guard let setting else {
                needsUsual = true
                continue
            }
            guard tried.insert(setting.values[0]).inserted else { continue }
            do throws(AuditError) { try DirectIO.check(setting.values[0]) } catch {
                throw AuditError(
                    "'directory': \(error.place): \(error.what)", at: setting.place, remedy: error.remedy,
                    exit: error.exit)
            }
        }
        guard needsUsual else { return nil }
        guard let directory else { return try DirectIO.defaultDirectory() }
        try DirectIO.check(directory)
        return directory
    }

    /// Stops at a signal.
    private func audits(
        _ planned: [PlannedAudit], in place: String?
    ) throws(AuditError) -> ([Audit], interruption: Int32?) {
        let progress = Progress(visible: !reporting.quiet)
        defer { progress.erase() }
        var audits: [Audit] = []
        for one in planned {
            progress.show("[\(audits.count + 1)/\(planned.count)] \(printable(one.entry.name))")
            let (audit, interruption) = try EntryAudit(planned: one, directory: place ?? ".").audit()
            if let audit { audits.append(audit) }
            if let interruption { return (audits, interruption) }
        }
        return (audits, nil)
    }
}
