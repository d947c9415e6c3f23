import ArgumentParser
import AuditCore
import Glibc
import LinuxSystem
import Plans

enum Pipeline: String, CaseIterable, ExpressibleByArgument {
    case github, gitlab, shell
}

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Writes a plan to begin with, and says what a pipeline runs.",
        discussion: """
            It writes ./dioaudit.yml, and to standard output a snippet for CI. Without a program and --engines it asks, if there is \
            a terminal.
            Exit codes: 0 it is written, 64 usage, or there is one already, 70 internal error.
            """)

    @Option(help: "Where the plan is written.")
    var plan = PlanFile.usual

    @Flag(help: "Replace the plan that is there.")
    var force = false

    @Option(help: "The audit's name. (default: the program's)")
    var name: String?

    @Flag(help: "The program must have locked its memory, by mlockall(MCL_FUTURE).")
    var requireLock = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Whose events are judged: process, io-threads or thread:PATTERN. (default: process)", valueName: "scope"),
        transform: read)
    var scope = Scope.process

    @Flag(help: "Audit dioaudit's own engines too, on the disk where they will run.")
    var engines = false

    @Option(help: "For which pipeline the snippet is. (default: what is there of .github and .gitlab-ci.yml)")
    var ci: Pipeline?

    @Argument(parsing: .postTerminator, help: "The program to audit and its arguments, after '--'.")
    var command: [String] = []

    func run() throws {
        var starting = StartingPlan(
            command: command.isEmpty ? nil : command, name: name, lock: requireLock, scope: scope.text,
            engines: engines,
            directory: directory)
        if !force { try checkIsFree() }
        if command.isEmpty && !engines { starting = try answers(starting) }
        // What it writes can be read.
        do throws(AuditError) {
            let plan = try Plan(yaml: Array(starting.text.utf8), file: plan, options: .ofRun)
            var requests = PlanRequests()
            for entry in plan.entries { _ = try requests.planned(entry) }
        } catch {
            throw AuditError(
                "this would be no plan: \(error.what)", at: error.place, remedy: error.remedy, exit: .usage)
        }
        try write(starting.text)
        writeError("dioaudit: wrote \(printable(plan)): look it over, then: dioaudit audit\(planOption)\n")
        try Output.stdout.write(snippet)
    }

    /// This one, seen from a plan that is written elsewhere.
    private var directory: String? {
        let above = plan.split(separator: "/").dropLast().filter { $0 != "." }
        guard !plan.hasPrefix("/"), !above.contains("..") else { return currentDirectory }
        return above.isEmpty ? nil : above.map { _ in ".." }.joined(separator: "/")
    }

    private var planOption: String { plan == PlanFile.usual ? "" : " --plan \(printable(plan))" }

    // MARK: the plan's file

    private func checkIsFree() throws(AuditError) {
        if WholeFile.exists(at: plan) { throw isThere() }
    }

    private func isThere() -> AuditError {
        AuditError(
            "there is a plan already", at: plan, remedy: "edit it; --force replaces it, --plan FILE writes another",
            exit: .usage)
    }

    /// Whole or not at all, and in place of nothing unless that is asked for.
    private func write(_ text: String) throws(AuditError) {
        let write = force ? WholeFile.replace : WholeFile.create
        do { try write(plan) { try $0.writeAll(text) } } catch {
            if error as? Errno == .fileExists && !force { throw isThere() }
            throw AuditError(
                "cannot write the plan: \(error)", at: plan,
                remedy: "give --plan a path in a directory that you may write to", exit: .usage)
        }
    }

    // MARK: the dialogue

    private func answers(_ starting: StartingPlan) throws -> StartingPlan {
        guard isatty(STDIN_FILENO) == 1 else {
            throw AuditError(
                "nothing to audit is named", at: "init",
                remedy:
                    "name the program: dioaudit init -- ./daemon --once, or dioaudit's own engines: dioaudit init --engines",
                exit: .usage)
        }
        var starting = starting
        let line = ask("The program to audit, as you type it in a shell (empty: none)")
        if !line.isEmpty {
            starting.command = Self.words(line)
            starting.lock = requireLock || isYes(ask("Must it hold its memory locked, by mlockall(MCL_FUTURE)? [y/N]"))
            starting.scope = try scope(ask("Whose events are judged: process, io-threads or thread:PATTERN? [process]"))
        }
        starting.engines = line.isEmpty || isYes(ask("Audit dioaudit's own engines on this disk too? [y/N]"))
        return starting
    }

    private func ask(_ question: String) -> String {
        writeError("\(question) ")
        let line = readLine() ?? ""
        return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private func isYes(_ answer: String) -> Bool { ["y", "yes"].contains(answer.lowercased()) }

    private func scope(_ answer: String) throws(AuditError) -> String {
        guard answer.isEmpty || Scope(answer) != nil else {
            throw AuditError(
                "no scope", at: "'\(answer)'", remedy: "a scope is process, io-threads or thread:PATTERN", exit: .usage)
        }
        return answer.isEmpty ? scope.text : answer
    }

    /// What a shell would not only split at blanks is given to one.
    static func words(_ line: String) -> [String] {
        let isPlain = line.allSatisfy { $0.isLetter || $0.isNumber || " -_./=,:+@%".contains($0) }
        return isPlain ? line.split(separator: " ").map(String.init) : ["sh", "-c", line]
    }

    // MARK: the pipeline

    private var pipeline: Pipeline {
        if let ci { return ci }
        if access(".github", F_OK) == 0 { return .github }
        return access(".gitlab-ci.yml", F_OK) == 0 ? .gitlab : .shell
    }

    private var snippet: String {
        let audit = "dioaudit audit\(planOption) --format text --format json=dioaudit.json"
        return switch pipeline {
        case .github:
            """
            # A job of a workflow below .github/workflows, on a runner that has dioaudit:
              dioaudit:
                runs-on: ubuntu-latest
                steps:
                  - uses: actions/checkout@v4
                  - run: sudo \(audit)
                  - uses: actions/upload-artifact@v4
                    if: always()
                    with: {name: dioaudit, path: dioaudit.json}

            """
        case .gitlab:
            """
            # A job of .gitlab-ci.yml, in an image that has dioaudit:
            dioaudit:
              script: ["\(audit)"]
              artifacts: {when: always, paths: [dioaudit.json]}

            """
        case .shell:
            """
            # A step of a pipeline: exit code 0 is a pass, and nothing else is.
            \(audit)

            """
        }
    }
}
