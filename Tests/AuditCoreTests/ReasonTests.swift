import AuditCore
import Testing

/// Each reason against a pass tells what happened, to whom, and what to do. That it has a remedy the compiler sees to (`Reason`);
/// which one, this table.
@Suite struct ReasonTests {
    @Test(arguments: rows) func tellsWhatWhereAndWhatToDo(row: Row) throws {
        var seen = observation(cleanProcess())
        var request = AuditRequest()
        row.change(&seen, &request)
        let audit = judge(seen, by: request)
        #expect(audit.verdict != .pass)
        #expect(audit.remedies.count == audit.reasons.count)
        let index = try #require(audit.reasons.firstIndex { $0.contains(row.what) }, "\(audit.reasons)")
        // Only what an earlier reason has said is not said again.
        let remedy = try #require(audit.remedies[...index].last { $0 != nil } ?? nil)
        #expect(remedy.hasPrefix(row.remedy))
        #expect(audit.reasons.allSatisfy { !$0.contains("; let ") })
    }

    @Test func whatToDoAboutSeveralIsSaidOnce() {
        var other = cleanProcess(pid: 11)
        var first = cleanProcess()
        first.memoryFiles = 1
        other.memoryFiles = 2
        let audit = judge(observation(first, other))
        #expect(audit.reasons.count == 2)
        #expect(audit.remedies == ["use a file on a disk", nil])
    }

    @Test func aPassNeedsNone() {
        #expect(judge(observation(cleanProcess())).remedies == [])
    }
}

struct Row: Sendable, CustomTestStringConvertible {
    let what: String
    let remedy: String
    let change: @Sendable (inout Observation, inout AuditRequest) -> Void

    init(
        _ what: String, _ remedy: String, _ change: @escaping @Sendable (inout Observation, inout AuditRequest) -> Void
    ) {
        self.what = what
        self.remedy = remedy
        self.change = change
    }

    /// Something of the process alone.
    static func of(
        _ what: String, _ remedy: String, _ change: @escaping @Sendable (inout ProcessLedger) -> Void
    ) -> Row {
        Row(what, remedy) { seen, _ in change(&seen.ledger.processes[0]) }
    }

    /// The same where its phases are the kernel's.
    static func byKernel(
        _ what: String, _ remedy: String, _ change: @escaping @Sendable (inout ProcessLedger) -> Void = { _ in }
    ) -> Row {
        Row(what, remedy) { seen, _ in
            seen.transfers = .active
            seen.syscalls = .active
            seen.kernel = .active
            seen.ledger.processes[0].phasesByKernel = true
            change(&seen.ledger.processes[0])
        }
    }

    var testDescription: String { what }
}

private let rows = violated + ended + interposed + counted + phased + locked + scoped + attached + gated

private let violated = [
    Row.of("1 malloc", "allocate before the steady phase") { $0.add(.malloc, 1, in: .steady, lastAt: 2) },
    .of("1 mmap", "map before the steady phase") { $0.add(.mmap, 1, in: .steady, lastAt: 2) },
    .of("1 minor page fault", "touch the memory before") { $0.add(.pageFaultMinor, 1, in: .steady, lastAt: 2) },
    .of("1 munlockall", "let it unlock after") { $0.add(.munlockall, 1, in: .steady, lastAt: 2) },
]

private let ended = [
    Row("exited with status 7", "--expect-exit 7") { seen, _ in seen.subject.exit = SubjectExit(code: 7) },
    Row("killed by signal 9", "--expect-exit 137") { seen, _ in seen.subject.exit = SubjectExit(code: nil, signal: 9) },
    Row("it ran too long", "give it longer by --timeout") { seen, _ in
        seen.failure = Reason("it ran too long", .timeout)
    },
    Row("still run (pid 11)", "end them before, or let dioaudit wait longer by --wait") { seen, _ in
        seen.leftBehind = [11]
    },
    .of("it was stopped at a violation that is accepted", "--enforce report") { $0.aborted = true },
    Row("ran out of memory under the squeeze", "let it take its memory before its steady phase") { seen, _ in
        seen.squeeze = Squeeze(slackBytes: 0)
        seen.squeeze?.oomKills = 1
    },
    Row("the squeeze is asked for: no cgroup", "docs/squeeze.md") { seen, _ in
        seen.squeeze = Squeeze(slackBytes: 0, problem: "no cgroup")
    },
    Row("that was not squeezed", "audit it with less other work") { seen, _ in seen.squeeze = Squeeze(slackBytes: 0) },
]

private let interposed = [
    Row("there is no interposer", "install dioaudit again") { seen, _ in
        seen.interposerMissing = Reason("there is no interposer", .reinstall)
    },
    Row("did not report from the subject", "link it dynamically with glibc") { seen, _ in
        seen.ledger.processes[0].attached = false
    },
    Row("could not attach to 1 program", "let it keep the descriptor") { seen, _ in seen.ledger.imagesRefused = 1 },
    Row("is a static program", "link it dynamically") { seen, _ in seen.isStatic = true },
    Row("the ledger was damaged (x, pid 10)", "AddressSanitizer or Valgrind") { seen, _ in
        seen.ledger.damages = [LedgerDamage(pid: 10, what: "x")]
    },
    Row("did not load the interposer", "link it dynamically") { seen, _ in seen.ledger.imagesUnseen = 1 },
    Row("is not to be read where the subject started it", "mount its directory there") { seen, _ in
        seen.ledger.imagesWithoutLibrary = 1
    },
    Row("the ledger had no room for 1 program", "let it start fewer programs") { seen, _ in
        seen.ledger.imagesBeyondTable = 1
    },
    Row("no room for 1 forked process", "let it start fewer programs") { seen, _ in seen.ledger.lostProcesses = 1 },
    Row("1 process being made that never reported", "let it make processes by libc's fork") { seen, _ in
        seen.ledger.noteMade(1, attached: 0)
    },
    .of("brings its own malloc", "let it use libc's malloc") { $0.ownHeap = "brings its own malloc" },
    .of("brings its own calloc", "let it use libc's malloc") { $0.bypasses.taken = "calloc" },
    .of("malloc is replaced at run time", "run it without that tool") { $0.bypasses.isReplaced = true },
    .of("dlopen with RTLD_DEEPBIND 1 time", "let it load them by dlopen") { $0.bypasses.deepBindings = 1 },
    .of("dlmopen 1 time", "let it load them by dlopen") { $0.bypasses.namespaces = 1 },
    .of("looked up malloc in a library", "let it call libc's functions by their names") {
        $0.bypasses.lookedUp = "malloc"
    },
    .of("1 loaded file more than", "let it use libc's malloc") { $0.lost.modules = 1 },
    Row("attach to 1 program", "let it keep the descriptor") { seen, _ in seen.ledger.imagesRefused = 1 },
]

private let counted = [
    Row.of("made 1 direct system call (syscall(2)) that transfer", "let it call libc's functions") {
        $0.directCalls = 1
    },
    Row("that map or unlock", "leave out --syscalls off") { seen, _ in
        seen.syscalls = .unavailable("--syscalls off")
        seen.ledger.processes[0].directMappings = 1
    },
    .of("1 shmat system call", "let it make them before its steady phase") { $0.otherCalls[.shmat] = 1 },
    .of("made 1 process that share its memory", "let it use threads or fork(2)") { $0.memorySharers = 1 },
    .of("opened 1 O_DIRECT file on tmpfs", "use a file on a disk") { $0.memoryFiles = 1 },
    .of("was refused fstatfs(2)", "let its filter (seccomp) allow fstatfs(2)") { $0.unknownFileSystems = 1 },
    .of("was refused getpid(2)", "let its filter (seccomp) allow getpid(2)") { $0.identityRefused = true },
    .of("getrusage(2) was refused", "let its filter (seccomp) allow getrusage(2)") {
        $0.phases[.steady].faultsKnown = false
        $0.faultsRefused = true
    },
    .of("it ended within that phase, without exit", "let it close its O_DIRECT files, or call exit(3)") {
        $0.phases[.steady].faultsKnown = false
    },
    .of("1 child of subject (pid 10) by vfork", "let them end by exec or _exit") { $0.unmeasuredChildren = 1 },
    .of("more O_DIRECT files", "let it open fewer at a time") { $0.lost.files = 1 },
    .of("the resident pages of subject (pid 10) are not known", "mount /proc") { $0.growth.isKnown = false },
    .of("subject (pid 10) asked for huge pages at once in its steady phase, 1 time", "let it do so before") {
        $0.otherCalls[.collapse] = 1
    },
    .of("subject (pid 10) asked for huge pages at once in its steady phase, 2 times", "let it do so before") {
        $0.threads[0].collapses = 2
    },
    .of("glibc's own books of subject (pid 10) gained", "look for calls of malloc that bypass") {
        $0.growth.heapBytes = 48
    },
    .of("the kernel's I/O accounting of subject (pid 10) is not known", "let its filter") {
        $0.accounting.wasRefused = true
    },
    .of("transfers that were not seen, or buffered I/O", "run dioaudit as root") {
        $0.accounting.read.steady.accounted = 4096
    },
    Row("the transfers witness lost 3 records", "audit it with less other work") { seen, _ in
        seen.transfers = .partial("the transfers witness lost 3 records", .spareCPU)
    },
    Row("--kernel require: perf: refused", "dioaudit doctor") { seen, request in
        seen.kernel = .unavailable("perf: refused")
        request.kernel = .require
    },
    Row("the syscalls witness is asked for", "dioaudit doctor") { seen, request in
        seen.syscalls = .unavailable("perf: refused")
        request.syscalls = .perf
    },
    Row("no witness of the kernel's side watched them: seccomp: refused", "dioaudit doctor") { seen, _ in
        seen.syscalls = .unavailable("seccomp: refused")
    },
    Row("no witness of the kernel's side watched them: --syscalls off", "leave out --syscalls off") { seen, request in
        seen.syscalls = .unavailable("--syscalls off")
        request.syscalls = .off
    },
    Row("by process 12, which never reported", "link it dynamically") { seen, _ in
        seen.transfers = .active
        seen.ledger.unreportedTransfers = [12: 1]
    },
    Row("and the interposer 101", "let it transfer by libc, libaio or liburing") { seen, _ in
        seen.transfers = .active
        seen.ledger.processes[0].kernelTransfers = KernelTransfers()
        seen.ledger.processes[0].kernelTransfers?.calls = ["read": 102]
    },
    .byKernel("where the steady phase of subject (pid 10) began", "say where it begins by --steady-from") {
        $0.steadyBeginsLate = true
    },
    Row("from its first transfer on, and it made none", "--allow pagesUnexplained judges the rest") { seen, request in
        request.minimumTransfers = 0
        seen.transfers = .active
        seen.ledger.processes[0].phasesByKernel = true
        seen.ledger.processes[0].phases[.steady].transfers = 0
    },
    .byKernel("1 page fault of subject (pid 10)", "--allow faults") { $0.undatedFaults = 1 },
    .byKernel("1 resident page", "--allow faults") { $0.undatedPages = 1 },
    .byKernel("8 bytes", "--allow heap") { $0.undatedHeap = 8 },
    Row("the mapping calls of subject (pid 10)", "--allow mappings") { seen, _ in
        seen.transfers = .active
        seen.syscalls = .unavailable("--syscalls off")
        seen.ledger.processes[0].phasesByKernel = true
    },
]

private let phased = [
    Row.of("no transfer on an O_DIRECT file was seen, nor such a file", "many programs do direct I/O only by an option")
    {
        $0.phases = PhaseLedgers()
        $0.steadyReached = false
    },
    Row.of("no transfer on an O_DIRECT file was seen, though one was opened", "'strace -f' shows what it does there") {
        $0.phases = PhaseLedgers()
        $0.steadyReached = false
        $0.directFiles = 1
    },
    Row("no transfer on an O_DIRECT file was seen", "'strace -f -e openat'") { seen, _ in
        seen.ledger.processes[0].phases = PhaseLedgers()
        seen.ledger.processes[0].steadyReached = false
        seen.ledger.imagesUnseen = 1
    },
    Row.of("was seen: each call that was tried failed or moved nothing", "'strace -f' shows the error") {
        $0.phases = PhaseLedgers()
        $0.phases[.warmup].durationNanoseconds = 1000
        $0.steadyReached = false
    },
    Row("no transfer on an O_DIRECT file was seen", "let it call dioaudit_phase") { seen, request in
        request.phasesByMarker = true
        seen.ledger.processes[0].phases = PhaseLedgers()
        seen.ledger.processes[0].steadyReached = false
    },
    .of("the steady phase was not reached: all 1 transfer", "let it transfer for longer, or shorten its warm-up") {
        $0.phases[.steady].transfers = 0
        $0.steadyReached = false
    },
    Row("holds 100 transfers, and 200 or more", "let it transfer for longer, or ask for fewer") { _, request in
        request.minimumTransfers = 200
    },
    Row("and never reached its steady phase", "let it transfer for longer") { seen, _ in
        var other = cleanProcess(pid: 11)
        other.steadyReached = false
        seen.ledger.processes.append(other)
    },
    .of("entered more phases", "let it change phases and regions less often") { $0.uncertainSyscalls = 1 },
    .of("left exit by longjmp", "let no function that exit(3) calls") {
        $0.jumpsInExit = 1
        $0.phases[.teardown].transfers = 1
    },
    .of("1 thread of subject (pid 10) ended in a phase", "let each thread leave its phase") { $0.threadPhasesOpen = 1 },
    .of("ended 1 region that it was not in", "let it begin and end its regions in pairs") { $0.unbalancedRegions = 1 },
    .of("a name that is no phase: 'stedy'", "the phases are setup, warmup, steady, teardown") {
        $0.unknownMarkers = 1
        $0.unknownMarker = "stedy"
    },
    .of("no room for 1 region", "let it give its regions fewer names") { $0.lost.regions = 1 },
    Row("no SIGUSR1 came to dioaudit", "send it to dioaudit's own process while the program runs: kill -USR1 PID") {
        seen, _ in seen.window.from = SteadyWindow.Edge(.signal(10, name: "USR1"))
    },
    Row("/x did not appear", "make it when the program is there: touch /x") { seen, _ in
        seen.window.from = SteadyWindow.Edge(.file("/x"))
    },
    Row("the program changed what dioaudit had said", "AddressSanitizer or Valgrind") { seen, _ in
        seen.window.isForged = true
    },
    Row("does not follow --steady-from", "leave out these options") { seen, _ in
        seen.window.from = SteadyWindow.Edge(.file("/x"), at: 1)
        seen.ledger.processes[0].phasesByMarker = true
    },
    Row("has another clock than dioaudit", "start dioaudit inside that namespace") { seen, _ in
        seen.kernel = .active
        seen.ledger.processes[0].clockDiffers = true
    },
    Row("is in a pid namespace of its own", "let it keep the descriptor") { seen, _ in
        seen.kernel = .active
        seen.ledger.processes[0].numbersUnknown = true
    },
]

private let locked = [
    Row.of("(EINVAL)", "its flags must be MCL_CURRENT") { $0.failToLock(22) },
    .of("(ENOMEM): it needs 8 KiB, of which 1 KiB are dioaudit's, and its RLIMIT_MEMLOCK is 4 KiB", "raise that with") {
        $0.failToLock(12)
        ($0.lock.bytesNeeded, $0.lock.ownBytes, $0.lock.limit) = (8192, 1024, 4096)
    },
    .of("(EAGAIN): the kernel could not lock what is mapped", "is enough memory free?") { $0.failToLock(11) },
    .of("released its memory lock", "let it unlock after") { $0.lock.lostInSteady = true },
    .of("MCL_FUTURE was not in effect", "let it call mlockall(MCL_CURRENT|MCL_FUTURE)") { $0.lock.flagsAtSteady = [] },
    Row("never called mlockall", "let it call mlockall(MCL_CURRENT|MCL_FUTURE)") { seen, request in
        seen.ledger.processes[0].lock = ProcessLock()
        request.lock = .always
    },
    .of("could not read in /proc whether its memory was locked", "mount /proc") { $0.lock.observed = false },
    .of("nothing was locked", "'strace -f -e mlockall") { $0.lock.lockedBytes = 0 },
    .of("less locked when its steady phase ended", "'strace -f -e mlockall") { $0.growth.unlockedBytes = 4096 },
    .of("1 munlockall system call of subject (pid 10)", "let it call libc's functions") {
        $0.earlierLockCalls[.munlockall] = 1
    },
]

extension ProcessLedger {
    fileprivate mutating func failToLock(_ errno: Int32) {
        lock.errno = errno
        lock.flags = []
        lock.flagsAtSteady = []
    }
}

private let scoped = [
    Row("no thread is in the scope 'io-threads'", "leave out --scope: the process") { seen, request in
        request.scope = .ioThreads
        seen.ledger.processes[0].threads = []
    },
    Row("has 1 stream", "leave out --scope") { seen, request in
        request.scope = .ioThreads
        seen.ledger.processes[0].directStreams = 1
    },
    Row("their thread is unknown", "leave out --scope") { seen, request in
        request.scope = .ioThreads
        seen.ledger.processes[0].lost.threadCalls = 1
    },
]

private let attached = [
    Row("its heap calls are not seen: no probes", "dioaudit run counts them") { seen, _ in
        seen.attached = Attached(heapProblem: "no probes", hasEnded: false, isWhole: true, becameProgram: false)
    },
    Row("it ended while it was watched", "watch it for a shorter time") { seen, _ in
        seen.attached = Attached(heapProblem: nil, hasEnded: true, isWhole: true, becameProgram: false)
    },
    Row("it became another program", "attach to it again") { seen, _ in
        seen.attached = Attached(heapProblem: nil, hasEnded: false, isWhole: true, becameProgram: true)
    },
    Row("it loaded /x while it was watched", "attach to it again") { seen, _ in
        seen.attached = Attached(
            heapProblem: nil, hasEnded: false, isWhole: true, loaded: "/x", becameProgram: false)
    },
    Row("it started process 7 while it was watched", "dioaudit run counts them") { seen, _ in
        seen.attached = Attached(
            heapProblem: nil, hasEnded: false, isWhole: true, becameProgram: false, children: [7])
    },
    Row("whether it started processes while it was watched is not known: no kernel", "dioaudit doctor") { seen, _ in
        seen.kernel = .unavailable("no kernel")
        seen.transfers = .active
        seen.attached = Attached(heapProblem: nil, hasEnded: false, isWhole: true, becameProgram: false)
    },
    Row("2 processes (the first: 7) shared its memory", "let it use threads") { seen, _ in
        seen.attached = Attached(
            heapProblem: nil, hasEnded: false, isWhole: true, becameProgram: false, sharers: [7, 8])
    },
    Row("whether another process shares its memory (CLONE_VM) is not known", "run dioaudit as root") { seen, _ in
        seen.attached = Attached(
            heapProblem: nil, hasEnded: false, isWhole: true, becameProgram: false, sharers: nil)
    },
    Row("threads began faster", "dioaudit run counts them") { seen, _ in
        seen.attached = Attached(heapProblem: nil, hasEnded: false, isWhole: false, becameProgram: false)
    },
]

private let gated = [
    Row("--budget malloc=0 is exceeded", "let it allocate less there, or raise the limit") { seen, request in
        request.budgets = [try! Budget("malloc=0")]
        seen.ledger.processes[0].add(.malloc, 1, in: .steady, lastAt: 2)
    },
    Row("--strict: --budget malloc=9 is stale", "remove it, or lower its limit") { _, request in
        request.budgets = [try! Budget("malloc=9")]
        request.strict = true
    },
    Row("--budget locked=9 is not known to be kept", "mend what keeps it from being counted") { seen, request in
        request.budgets = [try! Budget("locked=9")]
        seen.ledger.processes[0].lock.observed = false
    },
]
