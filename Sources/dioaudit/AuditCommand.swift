import ArgumentParser
import AuditCore
import AuditReport
import Glibc
import LinuxSystem
import Observe

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Audits the built-in workloads: every engine on real O_DIRECT files.",
        discussion: """
            Exit codes: 0 pass, 1 violations, 2 inconclusive, 3 a workload itself failed, 64 usage, 70 internal error.
            """)

    @Option(help: "Only the workload of this name. Repeat it for several; --list says the names.")
    var only: [String] = []

    @Option(help: "Where the scratch files go: by default the first of $TMPDIR, /var/tmp and . that takes O_DIRECT.")
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
        let workloads = try selection()
        if list {
            try Output.stdout.write(workloads.map { $0.name + "\n" }.joined())
            return
        }
        var request = AuditRequest()
        try gate.set(in: &request)
        let reporter = try Reporter(reporting, textOutput: .stdout)
        removeLeftovers()
        Interruption.hold()
        let place = try usableDirectory()
        let (audits, interruption) = try audits(of: workloads, in: place, request)
        if let interruption {
            writeError("dioaudit: interrupted: \(audits.count) of \(workloads.count) workloads were audited\n")
            Interruption.die(of: interruption)
        }
        Interruption.release()
        let lost = request.baseline?.audits.map(\.name).filter { name in
            (only.isEmpty || only.contains(name)) && !audits.contains { $0.name == name }
        }
        let report = Report(
            .audit, machine: .current(), files: .holding(place), audits: audits, lostAudits: lost ?? [])
        try reporter.write(report)
        try gate.update(with: report)
        throw ExitCode(report.exitStatus.rawValue)
    }

    private func selection() throws(AuditError) -> [Workload] {
        let names = Workload.defaultPlan.map(\.name)
        if let unknown = only.first(where: { !names.contains($0) }) {
            throw AuditError(
                "no workload has this name", at: "--only \(unknown)",
                remedy: "the workloads are: " + names.joined(separator: ", "), exit: .usage)
        }
        return Workload.defaultPlan.filter { only.isEmpty || only.contains($0.name) }
    }

    /// Stops at a signal. The scratch directory is gone when this returns or throws.
    private func audits(
        of workloads: [Workload], in place: String, _ request: AuditRequest
    ) throws(AuditError) -> ([Audit], interruption: Int32?) {
        let driver = try Installation.driver()
        let scratch = try ScratchDirectory(in: place)
        let progress = Progress(visible: !reporting.quiet)
        defer { progress.erase() }
        var audits: [Audit] = []
        for workload in workloads {
            progress.show("[\(audits.count + 1)/\(workloads.count)] \(workload.name)")
            let file = "\(scratch.path)/\(workload.name)"
            defer { unlink(file) }
            let (audit, interruption) = try audit(workload, driver: driver, file: file, asking: request)
            if let signal = interruption ?? Interruption.next() { return (audits, signal) }
            audits.append(audit)
        }
        return (audits, nil)
    }

    private func usableDirectory() throws(AuditError) -> String {
        guard let directory else { return try DirectIO.defaultDirectory() }
        try DirectIO.check(directory)
        return directory
    }
}
