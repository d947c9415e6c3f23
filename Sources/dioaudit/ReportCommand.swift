import ArgumentParser
import AuditCore
import AuditReport
import LinuxSystem

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Shows stored reports again, in any format.",
        discussion: """
            A report is what --format json=PATH wrote. Of several, of many machines, the text is one table, and the other formats are \
            one page or file too, but for json and suppressions. Nothing is judged anew: exit codes are the stored verdicts', as if \
            the program ran again: 0 pass, 1 violations, 2 inconclusive, 3 the program itself failed; 64 usage, 65 a report that \
            cannot be read, 70 internal error.
            """)

    @OptionGroup var reporting: ReportOptions

    @Argument(help: ArgumentHelp("The reports.", valueName: "report.json"))
    var paths: [String]

    func validate() throws {
        guard paths.count > 1, let format = reporting.formats.first(where: { !$0.format.showsSeveral })?.format else {
            return
        }
        throw ValidationError(
            "--format \(format.rawValue) shows one report, and these are \(paths.count); give one at a time, or use another format."
        )
    }

    func run() throws {
        // All are read before an output is opened, which may take the place of one of them.
        let reports = try readReports(at: paths)
        let reporter = try Reporter(reporting, textOutput: .stdout)
        try reporter.write(reports)
        throw ExitCode(ExitStatus.first(of: reports.map(\.report.exitStatus)).rawValue)
    }
}
