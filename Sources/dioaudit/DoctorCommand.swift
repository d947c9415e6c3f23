import ArgumentParser
import AuditCore
import AuditReport
import Doctor
import LinuxSystem

enum DoctorFormat: String, CaseIterable {
    case text, json
}

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this machine and user allow, and what would allow more.",
        discussion: """
            It tries what can be tried, and changes nothing. What is limited or missing is a fact and no failure.
            Exit codes: 0 it could look, 64 usage, 70 internal error.
            """)

    @Option(
        name: .customLong("format"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Say it as text or json, to PATH if given. Repeat it for both.", valueName: "f[=path]"),
        transform: { try FormatOption<DoctorFormat>($0) })
    var formats: [FormatOption<DoctorFormat>] = []

    @Flag(name: .customLong("no-color"), help: "No colours, not even on a terminal. NO_COLOR does the same.")
    var noColor = false

    func run() throws {
        let views = try formats.map { (format: $0.format, output: try $0.path.map(Output.init(path:)) ?? .stdout) }
        Interruption.hold()
        let diagnosis = Diagnosis(machine: .current(), findings: Doctor.findings())
        if let signal = Interruption.next() { Interruption.die(of: signal) }
        Interruption.release()
        try write(views.isEmpty ? [(.text, .stdout)] : views) { (format, output) throws(AuditError) in
            switch format {
            case .text: try output.write(diagnosisText(diagnosis, output.style(noColor: noColor)))
            case .json: try output.write(json: diagnosis)
            }
        }
    }
}
