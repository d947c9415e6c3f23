import ArgumentParser
import AuditCore
import AuditHost
import AuditReport

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this machine and user allow, and what would allow more.",
        discussion: """
            It tries what can be tried, and changes nothing. What is limited or missing is a fact and no failure.
            Exit codes: 0 it could look, 64 usage, 70 internal error.
            """)

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("Say it as text or json, to PATH if given. Repeat it for both.", valueName: "f[=path]"))
    var formats: [FormatOption] = []

    @Flag(name: .customLong("no-color"), help: "No colours, not even on a terminal. NO_COLOR does the same.")
    var noColor = false

    func validate() throws {
        if formats.contains(where: { $0.format == .suppressions }) {
            throw ValidationError("doctor audits nothing that could be suppressed: --format takes text or json.")
        }
    }

    func run() throws {
        let views = try formats.map { (format: $0.format, output: try $0.path.map(Output.init(path:)) ?? .stdout) }
        Interruption.hold()
        let diagnosis = Diagnosis(machine: .current(), findings: Doctor.findings())
        if let signal = Interruption.next() { Interruption.die(of: signal) }
        Interruption.release()
        for view in views.isEmpty ? [(.text, .stdout)] : views {
            switch view.format {
            case .text: try view.output.write(diagnosisText(diagnosis, view.output.style(noColor: noColor)))
            case .json: try view.output.write(json(diagnosis))
            case .suppressions: break
            }
        }
    }
}
