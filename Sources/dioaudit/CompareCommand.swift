import ArgumentParser
import AuditCore
import AuditReport
import LinuxSystem

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Says what got worse between two stored reports.",
        discussion: """
            New places, more calls per transfer in a place, a later settling, a lost witness, lost coverage (laxer budgets and suppressions too) and a lost audit are worse \
            (docs/baselines.md). Exit codes: 0 no worse, 1 worse, 2 the current report is inconclusive, 3 its program itself failed, \
            64 usage, 65 a report that cannot be read, 70 internal error.
            """)

    @Flag(help: "Say the outcome only.")
    var quiet = false

    @Flag(help: "List every change.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colours, not even on a terminal. NO_COLOR does the same.")
    var noColor = false

    @Argument(help: ArgumentHelp("The earlier report.", valueName: "baseline.json"))
    var baseline: String

    @Argument(help: ArgumentHelp("The report that is held against it.", valueName: "current.json"))
    var current: String

    func run() throws {
        let reports = try readReports(at: [baseline, current])
        let compared = ComparedReports(reports[0], reports[1])
        let output = Output.stdout
        try output.write(compareText(compared, output.style(noColor: noColor), quiet: quiet, verbose: verbose))
        throw ExitCode(compared.status.rawValue)
    }
}
