import ArgumentParser
import AuditCore
import AuditReport
import Glibc
import LinuxSystem

/// The command line, on which users' scripts rely. Exit codes are `ExitStatus`; ArgumentParser's own for usage is 64 too.
struct Dioaudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dioaudit",
        abstract: "Proves that a program does direct I/O in its steady state without allocating memory.",
        version: Report.Tool.current.version,
        subcommands: [
            AuditCommand.self, RunCommand.self, AttachCommand.self, ReportCommand.self, CompareCommand.self,
            MatrixCommand.self, DoctorCommand.self, InitCommand.self,
        ])

    /// Without a subcommand nothing was audited, and a script must not take that for a pass.
    func run() throws {
        writeError(Self.helpMessage())
        throw ExitCode(ExitStatus.usage.rawValue)
    }
}

@main
enum Main {
    static func main() {
        Interruption.ignoreFileLimit()
        do {
            try checkCommand()
            var command = try Dioaudit.parseAsRoot()
            try command.run()
        } catch let error as AuditError {
            writeError(error.description + "\n")
            exit(error.exit.rawValue)
        } catch {
            Dioaudit.exit(withError: error)
        }
    }

    /// ArgumentParser would call the first word of several an unexpected argument among others.
    private static func checkCommand() throws(AuditError) {
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else { return }
        let commands = Dioaudit.configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !(commands + ["help"]).contains(word) else { return }
        let suggestion = word.nearest(of: commands).map { "did you mean '\($0)'? " } ?? ""
        throw AuditError(
            "there is no such command", at: "'\(word)'",
            remedy: "\(suggestion)The commands are \(commands.joined(separator: ", ")); a program is audited by "
                + "dioaudit run -- PROGRAM", exit: .usage)
    }
}
