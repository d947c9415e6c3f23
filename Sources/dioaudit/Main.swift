import ArgumentParser
import AuditCore
import AuditReport
import Glibc

/// The command line (`DESIGN.md`, section 2). Exit codes are `ExitStatus`; ArgumentParser's own for usage is 64 too.
struct Dioaudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dioaudit",
        abstract: "Proves that a program does direct I/O in its steady state without allocating memory.",
        version: Report.Tool.current.version,
        subcommands: [AuditCommand.self, RunCommand.self, AttachCommand.self, MatrixCommand.self, DoctorCommand.self])

    /// Without a subcommand nothing was audited, and a script must not take that for a pass.
    func run() throws {
        writeError(Self.helpMessage())
        throw ExitCode(ExitStatus.usage.rawValue)
    }
}

@main
enum Main {
    static func main() {
        do {
            var command = try Dioaudit.parseAsRoot()
            try command.run()
        } catch let error as AuditError {
            writeError(error.description + "\n")
            exit(error.exit.rawValue)
        } catch {
            Dioaudit.exit(withError: error)
        }
    }
}
