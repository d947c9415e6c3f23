import ArgumentParser
import AuditCore
import AuditReport
import Glibc
import LinuxSystem
import Observe

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Audits any program.",
        discussion: """
            The program's streams, signals and directory are its own; the report goes to standard error.
            Exit codes: 0 pass, 1 violations, 2 inconclusive, 3 the program itself failed, 64 usage, \
            65 a bad suppression file, 70 internal error.
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Transfers of each O_DIRECT file in each direction that are warm-up: 4, or read=4,write=1024. (default: 1)",
            valueName: "n"), transform: read)
    var warmupIos: TransfersOption?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The first N transfers of each process are warm-up, on whichever file, instead of those of each file.",
            valueName: "n"), transform: read)
    var steadyAfter: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            What begins the steady phase of processes that transfer, instead of their warm-up: signal:USR1, a signal to \
            dioaudit, or file:PATH, when it appears.
            """, valueName: "cue"), transform: read)
    var steadyFrom: Cue?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What ends their steady phase: signal:USR2 or file:PATH.", valueName: "cue"),
        transform: read)
    var steadyTo: Cue?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The warm-up lasts at least this long: 500ms, 10s, 2m.", valueName: "duration"),
        transform: read)
    var warmupTime: DurationOption?

    @Option(help: "Where phases come from: the program's O_DIRECT transfers, or only its own markers (dioaudit.h).")
    var phases = PhasesOption.auto

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Whose events are judged: process, io-threads (those that transfer in the steady phase), or thread:PATTERN with * and ?. \
            (default: process)
            """, valueName: "scope"), transform: read)
    var scope = Scope.process

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Which processes are judged: those that run a program of this name, with * and ?, such as a daemon, and not the \
            command that starts it. (default: all)
            """, valueName: "pattern"), transform: read)
    var process: ProcessPattern?

    @Option(
        help: """
            At a violation: report it; abort the program at the first, with its stack; or deny the allocation, so that it \
            fails with ENOMEM.
            """)
    var enforce = Enforce.report

    @Flag(
        inversion: .prefixedNo,
        help: "No pass without mlockall(MCL_FUTURE) through the steady phase; by default only if the program calls it.")
    var requireLock: Bool?

    @Flag(help: "Call mlockall(MCL_CURRENT|MCL_FUTURE) before the program's main, and require it.")
    var lock = false

    @OptionGroup var judging: JudgingOptions

    @OptionGroup var gate: GateOptions

    @Option(
        parsing: .unconditional,
        help:
            "Transfers that the steady phase must hold at the least; 0 for a program with markers and no file. (default: 1)",
        transform: read)
    var minIos: UInt64 = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The exit status of a program that did not fail; 128 + N for one that signal N ends. (default: 0)",
            valueName: "n"), transform: read)
    var expectExit = StatusOption(status: 0)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "End the program after this long: 500ms, 10s, 2m. A plain number is one of seconds, here as elsewhere.",
            valueName: "duration"),
        transform: read)
    var timeout: TimeLimit?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long to wait for processes that outlive the program, daemons among them: 0s, 10s. (default: 5s)",
            valueName: "duration"),
        transform: read)
    var wait = DurationOption(nanoseconds: 5_000_000_000)

    @Option(
        help: "How the syscalls witness looks (docs/syscalls.md). auto takes the first of the others that is allowed.")
    var syscalls = SyscallsChoice.auto

    @Flag(
        help: """
            Let the program do its steady transfers with no memory to be had: a memory cgroup is limited to what it uses \
            then (docs/squeeze.md). Needs root.
            """)
    var squeeze = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What --squeeze leaves it beyond that: 0, 64k, 1m. Rounded up to whole pages. (default: 64k)",
            valueName: "size"), transform: read)
    var squeezeSlack: SizeOption?

    @Option(
        help:
            "Whether the kernel's own allocations are looked at (docs/kernel.md): where allowed, required for a pass, or off."
    )
    var kernel: KernelChoice = .auto

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            """
            How often the kernel may allocate for each steady transfer: WHAT is 'all', a kind (kmalloc, kmemCacheAlloc, \
            pageAlloc), a risk (mayWaitForWriteback, mayWait: of this risk or worse), or a call site with * and ?.
            """, valueName: "what=n"), transform: read)
    var kernelLimit: [KernelLimit] = []

    @Flag(help: "Take the call chain of each of the kernel's allocations, and the program's above it. Slower.")
    var kernelStacks = false

    @OptionGroup var reporting: ReportOptions

    @Argument(parsing: .postTerminator, help: "The program and its arguments, after '--'.")
    var command: [String]

    func validate() throws {
        if squeezeSlack != nil && !squeeze { throw ValidationError("--squeeze-slack goes with --squeeze.") }
        if process != nil, enforce != .report {
            throw ValidationError(
                "--process and --enforce \(enforce.rawValue) exclude each other: the interposer acts in every process.")
        }
        try validateWarmup()
    }

    /// What the parser does with a command line that it has read.
    mutating func checkTogether() throws {
        try judging.validate()
        try gate.validate()
        try reporting.validate()
        try validate()
    }

    /// What would be left unheeded is refused.
    private func validateWarmup() throws {
        func refuse(_ one: String, _ other: String, _ why: String) throws {
            throw ValidationError("\(one) and \(other) exclude each other: \(why).")
        }
        if steadyAfter != nil, warmupIos != nil {
            try refuse(
                "--steady-after", "--warmup-ios", "one counts the transfers of a process, the other those of each file")
        }
        func given(_ options: KeyValuePairs<String, Bool>) -> [String] { options.filter(\.value).map(\.key) }
        let warmups = given([
            "--warmup-ios": warmupIos != nil, "--warmup-time": warmupTime != nil, "--steady-after": steadyAfter != nil,
        ])
        let cues = given(["--steady-from": steadyFrom != nil, "--steady-to": steadyTo != nil])
        if let warmup = warmups.first, steadyFrom != nil {
            try refuse("--steady-from", warmup, "the cue begins the steady phase, whatever was transferred before")
        }
        if let option = (warmups + cues).first, phases == .markers {
            try refuse(option, "--phases markers", "there the program's own markers alone name its phases")
        }
        if let steadyFrom, steadyFrom == steadyTo {
            throw ValidationError(
                "--steady-from and --steady-to are both \(steadyFrom.text): each needs a cue of its own.")
        }
    }

    func run() throws {
        // Before the outputs are opened: one of them may be the file that suppressions are read from.
        let request = try request()
        // As they came: the parser's own are Strings.
        let subject = subject(ByteText.lastArguments(command.count))

        let reporter = try Reporter(reporting, textOutput: .stderr)
        removeLeftovers()
        let observation = try observe(subject, request).0
        // From here on Ctrl-C is meant for us: there is no child any more.
        Interruption.release()
        let report = Report(machine: .current(), audits: [judge(name, observation, by: request)])
        try reporter.write(report)
        try gate.update(with: report, over: request.baseline)
        throw ExitCode(report.exitStatus.rawValue)
    }

    /// The program to start, by what the options say of it.
    func subject(_ arguments: [ByteText]) -> Command {
        var subject = Command(arguments)
        subject.timeoutNanoseconds = timeout?.nanoseconds
        subject.lingerNanoseconds = wait.nanoseconds
        return subject
    }

    func request() throws -> AuditRequest {
        var request = AuditRequest()
        request.phasesByMarker = phases == .markers
        request.warmup = warmup
        request.steadyFrom = steadyFrom
        request.steadyTo = steadyTo
        request.minimumTransfers = minIos
        request.expectedStatus = expectExit.status
        request.policy = try judging.policy()
        request.scope = scope
        request.process = process
        request.suppressions = try readSuppressions(in: judging.suppressions)
        request.kernelLimits = kernelLimit
        request.enforce = enforce
        request.lock = requireLock ?? lock ? .always : requireLock == false ? .never : .whenSubjectLocks
        request.lockAtStart = lock
        request.squeezeSlack = squeeze ? squeezeSlack?.bytes ?? 64 << 10 : nil
        request.syscalls = syscalls
        request.kernel = kernel
        request.kernelStacks = kernelStacks
        try gate.set(in: &request)
        if let baseline = request.baseline, baseline.audit(name) == nil {
            throw AuditError(
                "the baseline has no audit '\(name)'", at: baseline.file,
                remedy:
                    "it has: \(baseline.audits.map(\.name).joined(separator: ", ")); give the baseline of this program",
                exit: .badInput)
        }
        return request
    }

    private var warmup: Warmup {
        var warmup = Warmup(reads: warmupIos?.reads ?? 1, writes: warmupIos?.writes ?? 1)
        if steadyAfter != nil || steadyFrom != nil { warmup = Warmup(reads: 0, writes: 0, transfers: steadyAfter ?? 0) }
        warmup.nanoseconds = warmupTime?.nanoseconds ?? 0
        return warmup
    }

    private var name: String {
        command[0].split(separator: "/").last.map(String.init) ?? command[0]
    }
}

extension KernelChoice: ExpressibleByArgument, OptionValue {}
extension SyscallsChoice: ExpressibleByArgument, OptionValue {}

extension KernelLimit: OptionValue {
    init(option argument: String) throws(WrongValue) {
        guard let limit = KernelLimit(argument) else {
            throw WrongValue("a limit is WHAT=N, N from 0 on, such as mayWaitForWriteback=0, kmalloc=1.5 or 'ext4_*=0'")
        }
        if let meant = limit.meant {
            throw WrongValue("no kind, risk or call site has this name; \(meant) is near")
        }
        self = limit
    }
}
extension Enforce: ExpressibleByArgument, OptionValue {}

/// An exit status that is expected.
struct StatusOption: OptionValue {
    let status: Int32

    init(status: Int32) {
        self.status = status
    }

    init(option argument: String) throws(WrongValue) {
        guard let status = UInt8(argument) else { throw WrongValue("an exit status is a whole number from 0 to 255") }
        self.status = Int32(status)
    }
}

enum PhasesOption: String, CaseIterable, ExpressibleByArgument, OptionValue {
    case auto, markers
}

extension Cue: OptionValue {
    init(option argument: String) throws(WrongValue) {
        let (kind, rest) = (argument.prefix { $0 != ":" }, String(argument.drop { $0 != ":" }.dropFirst()))
        let name = rest.hasPrefix("SIG") ? String(rest.dropFirst(3)) : rest
        let signals = ["USR1": SIGUSR1, "USR2": SIGUSR2]
        if kind == "signal", let number = signals[name] {
            self = .signal(number, name: name)
        } else if kind == "file", !rest.isEmpty {
            self = .file(rest)
        } else {
            throw WrongValue("it takes signal:USR1, signal:USR2 or file:PATH, such as file:/run/app/ready")
        }
    }
}

extension Scope: OptionValue {
    init(option argument: String) throws(WrongValue) {
        guard let scope = Scope(argument) else {
            throw WrongValue("a scope is process, io-threads or thread:PATTERN, such as 'thread:worker*'")
        }
        self = scope
    }
}

extension ProcessPattern: OptionValue {
    init(option argument: String) throws(WrongValue) {
        guard let pattern = ProcessPattern(argument) else {
            throw WrongValue("it is the name of a program's file, such as mdmon, or a pattern with * and ?")
        }
        self = pattern
    }
}
