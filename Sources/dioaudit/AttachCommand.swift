import ArgumentParser
import AuditCore
import AuditReport
import LinuxSystem
import Observe

private func processNumber(_ argument: String) throws(WrongValue) -> Int32 {
    guard let number = Int32(argument), number > 0 else {
        throw WrongValue("a process has a number from 1 on; ps -e lists them")
    }
    return number
}

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract:
            "Watches a program that runs already, from outside: page faults, mapping calls, heap calls, the kernel.",
        discussion: """
            The program goes on undisturbed, now and afterwards; Ctrl-C ends the watching. All of that time is its \
            steady phase. It passes where all that is judged was watched: see docs/attach.md.
            Exit codes: 0 pass, 1 violations, 2 inconclusive, 64 usage, 65 a bad suppression file, 70 internal error.
            """)

    @Option(parsing: .unconditional, help: "The process.", transform: processNumber)
    var pid: Int32

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Watch for this long: 500ms, 10s, 2m. By default until Ctrl-C.", valueName: "duration"),
        transform: read)
    var duration: TimeLimit?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Whose events are judged: process, or thread:PATTERN with * and ?. (default: process)",
            valueName: "scope"),
        transform: read)
    var scope = Scope.process

    @Option(
        parsing: .unconditional,
        help: "Transfers that the watch must see at the least; 0 for a program without a file. (default: 1)",
        transform: read)
    var minIos: UInt64 = 1

    @Flag(
        inversion: .prefixedNo,
        help: "Tell of heap calls, by breakpoints (uprobes) in the program's libc: some 3 µs for each call.")
    var heap = true

    @Flag(help: "Take the call chain of each of the kernel's allocations and of each heap call. Slower.")
    var kernelStacks = false

    @OptionGroup var judging: JudgingOptions

    @OptionGroup var reporting: ReportOptions

    func validate() throws {
        if scope == .ioThreads { throw ValidationError("--scope io-threads: attach does not see transfers.") }
    }

    func run() throws {
        var request = AuditRequest()
        request.policy = try judging.policy()
        request.scope = scope
        request.suppressions = try readSuppressions(in: judging.suppressions)
        request.lock = .never
        request.minimumTransfers = minIos
        request.kernelStacks = kernelStacks
        let reporter = try Reporter(reporting, textOutput: .stdout)
        removeLeftovers()
        let observation = try observe(
            pid: pid, request, probesHeap: heap, for: duration?.nanoseconds
        ) { threads in
            guard !reporting.quiet else { return }
            writeError("dioaudit: watching pid \(pid): \(threads) thread\(threads == 1 ? "" : "s"); Ctrl-C ends it\n")
        }
        let program = observation.subject.command[0].split(separator: "/").last.map(String.init)
        let audit = judge("\(program ?? "process") (pid \(pid))", observation, by: request)
        let report = Report(.attach, machine: .current(), audits: [audit])
        try reporter.write(report)
        throw ExitCode(report.exitStatus.rawValue)
    }
}
