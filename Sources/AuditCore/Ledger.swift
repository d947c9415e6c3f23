/// The counts of one phase: of a thread, of a process or of the whole subject.
public struct PhaseLedger: Equatable, Sendable, Codable {
    public let name: Phase
    /// Completed transfers on O_DIRECT files; syncs are not among them.
    public var transfers: UInt64 = 0
    public var transferredBytes: UInt64 = 0
    /// fsync, fdatasync and sync_file_range on O_DIRECT files.
    public var syncs: UInt64 = 0
    /// For a sum of several processes, the longest.
    public var durationNanoseconds: UInt64 = 0
    /// Whether page faults and duration are complete. Not if the process died within this phase without its last edge
    /// (SIGKILL, _exit by a raw system call): they are lower bounds then. Never for a single thread.
    public var faultsKnown = true
    public var events = EventCounts()
    /// Kernel allocations, the most frequent first. Empty too without the kernel witness.
    public var kernel: [KernelAllocation] = []
    /// Allocations in interrupts of its threads: not theirs, and not in `kernel`.
    public var inInterrupts = InterruptAllocations()

    public init(_ name: Phase) {
        self.name = name
    }

    public static func += (left: inout Self, right: Self) {
        left.transfers += right.transfers
        left.addTransferredBytes(right.transferredBytes)
        left.syncs += right.syncs
        left.durationNanoseconds = max(left.durationNanoseconds, right.durationNanoseconds)
        left.faultsKnown = left.faultsKnown && right.faultsKnown
        left.events += right.events
        left.add(right.kernel)
        left.inInterrupts += right.inInterrupts
        left.countPerTransfer()
    }

    /// A request may ask for any number of bytes: sums of them stop at the largest number.
    public mutating func addTransferredBytes(_ bytes: UInt64) {
        let (sum, overflow) = transferredBytes.addingReportingOverflow(bytes)
        transferredBytes = overflow ? .max : sum
    }

    /// Adds each to the row of the same place and flags, if there is one.
    public mutating func add(_ allocations: [KernelAllocation]) {
        guard !allocations.isEmpty else { return }
        var rows = Dictionary(zip(kernel.map(\.place), kernel.indices)) { first, _ in first }
        for allocation in allocations {
            if let row = rows[allocation.place] {
                kernel[row].add(allocation)
            } else {
                rows[allocation.place] = kernel.count
                kernel.append(allocation)
            }
        }
    }

    /// Sets the rows' calls for each transfer, and their order.
    public mutating func countPerTransfer() {
        for index in kernel.indices { kernel[index].count(per: transfers) }
        kernel.sort { ($1.calls, $0.site, $0.gfp) < ($0.calls, $1.site, $1.gfp) }
    }
}

/// The four phases' ledgers, always all of them and in their order.
public struct PhaseLedgers: Equatable, Sendable, Codable {
    private var ledgers = Phase.allCases.map(PhaseLedger.init)

    public init() {}

    public subscript(phase: Phase) -> PhaseLedger {
        get { ledgers[Self.index(phase)] }
        set { ledgers[Self.index(phase)] = newValue }
    }

    public var all: [PhaseLedger] { ledgers }

    var transfers: UInt64 { ledgers.reduce(0) { $0 + $1.transfers } }

    public static func += (left: inout Self, right: Self) {
        for phase in Phase.allCases { left[phase] += right[phase] }
    }

    public init(from decoder: any Decoder) throws {
        ledgers = try decoder.singleValueContainer().decode([PhaseLedger].self)
        guard ledgers.map(\.name) == Phase.allCases else {
            throw contradiction("the phases are \(Phase.allCases.map(\.rawValue).joined(separator: ", "))", decoder)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(ledgers)
    }

    private static func index(_ phase: Phase) -> Int {
        switch phase {
        case .setup: 0
        case .warmup: 1
        case .steady: 2
        case .teardown: 3
        }
    }
}

/// One thread's rows. Threads that have ended may be folded into one named `(exited)` with thread id 0.
public struct ThreadLedger: Equatable, Sendable, Codable {
    /// The kernel's thread id (gettid(2)), or 0 for rows that several threads share.
    public let tid: Int32
    /// As in prctl(2) PR_GET_NAME.
    public let name: String
    /// In the steady phase.
    public var doesTransfers: Bool
    public var phases = PhaseLedgers()
    /// For each kind that happened between setup and exit, the ordinal of the transfer last begun when it last did.
    public var lastTransfer: [EventKind: UInt64] = [:]
    /// Calls during which the steady phase began.
    public var straddling: [EventKind: UInt64] = [:]
    /// Of the steady phase's events, those that are no violations: in regions that the program declared as allowed, or
    /// while the thread's name was not one that is judged.
    public var allowed = EventCounts()
    /// Of the other steady ones those that mapped nothing, by their system call, where the syscalls witness does not see such.
    public var idle: [EventKind: UInt64] = [:]
    /// Calls of brk in the steady phase, and in no allowed region, that moved the heap's end down, where the kernel's side tells them
    /// from others.
    public var lowered: UInt64 = 0
    /// madvise(2) with MADV_COLLAPSE in the steady phase.
    public var collapses: UInt64 = 0
    /// Calls that the interposer counted in phases of its own, of which it is not known whether they are of the steady phase by
    /// the kernel's transfers.
    public var undated = EventCounts()
    public var quiet = QuietTimes()
    /// Of the steady phase. Measured only where the scope is by thread.
    public var steadyFaults = Faults()
    /// It was seen with a name that `--scope thread:PATTERN` matches.
    public var matched = false
    /// A thread among these ended in the steady phase, and its last page faults are not among `steadyFaults`.
    public var endedUnmeasured = false

    public init(tid: Int32, name: String, doesTransfers: Bool) {
        self.tid = tid
        self.name = name
        self.doesTransfers = doesTransfers
        // Both are measured at edges, which only processes have.
        for phase in Phase.allCases { phases[phase].faultsKnown = false }
    }

    private enum CodingKeys: String, CodingKey {
        case tid, name, doesTransfers, phases
    }
}

/// One program image of one process: an exec begins another.
public struct ProcessLedger: Equatable, Sendable, Codable {
    public let pid: Int32
    public let parentPid: Int32
    public let executable: String
    /// False while the interposer had only begun to attach: nothing that this process did can be relied upon.
    public var attached = true
    /// False for a process that died, or ran on, without its last edge.
    public var saidGoodbye = true
    /// The phase that it was last in; teardown if its exit was seen.
    public var lastPhase = Phase.teardown
    /// It has a heap of its own, whose calls bypass the interposer: which, in words.
    public var ownHeap: String?
    public var steadyReached = false
    public var phasesByMarker = false
    /// Its phases are those of the transfers that the kernel saw: it never reported, and its heap calls are unknown; or the
    /// interposer saw only a part of its transfers, and its heap calls are known as far as they are `undated` in no thread.
    public var phasesByKernel = false
    /// Its steady phase may have begun before: the end of the warm-up's last transfer was not seen.
    public var steadyBeginsLate = false
    /// Its setup by the interposer since it had an O_DIRECT file: each judged call in it is in its thread's `quiet`.
    public var timed: Range<UInt64>?
    /// Transfers that the interposer saw, if the phases are by the kernel's all the same.
    public var seenTransfers: UInt64 = 0
    /// Its page faults are those that the kernel witness saw.
    var faultsByKernel = false
    /// Of those that no tracepoint shows, which of them were in the steady phase is not known.
    public var undatedFaults: UInt64 = 0
    /// Resident pages that nothing explains, gained in a steady phase by the interposer that is not that by the kernel.
    public var undatedPages: UInt64 = 0
    /// Bytes that glibc's own books gained beyond the calls that were counted, which may be of the steady phase.
    public var undatedHeap: UInt64 = 0
    public var unknownMarkers: UInt32 = 0
    /// The first of their names.
    public var unknownMarker = ""
    /// System calls by number that transfer or exec, which bypass the counted functions.
    public var directCalls: UInt64 = 0
    /// The same that map: the syscalls witness sees those.
    public var directMappings: UInt64 = 0
    /// The same that unmap, move or unlock: it sees those too, unless its method is `perf-mappings`.
    public var directRemappings: UInt64 = 0
    /// How it bypassed the interposer.
    public var bypasses = Bypasses()
    /// O_DIRECT files that the interposer saw it open or have.
    public var directFiles: UInt64 = 0
    /// O_DIRECT files that are streams (fdopen(3), or fopen(3) and O_DIRECT later): libc makes their transfers by itself.
    public var directStreams: UInt64 = 0
    /// It has a time namespace of its own, so the phases of its kernel records are unknown.
    public var clockDiffers = false
    /// Children by vfork in the steady phase that did not say, before they ended, what page faults they took in its memory.
    public var unmeasuredChildren: UInt32 = 0
    /// getpid(2) or gettid(2) was refused, and nothing else told which process or thread it was.
    public var identityRefused = false
    /// It is in a pid namespace of its own, and its number or a thread's outside is not known.
    public var numbersUnknown = false
    /// Its page faults are unknown: getrusage(2) failed.
    public var faultsRefused = false
    /// longjmp calls after exit had begun.
    public var jumpsInExit: UInt32 = 0
    /// Children by clone(2) that share its memory and are no threads: the page faults that they take there are not counted.
    public var memorySharers: UInt32 = 0
    /// Children that came to be by vfork(3), posix_spawn(3) and what libc makes of it, which share it until they exec.
    public var vforks: UInt32 = 0
    /// O_DIRECT files of a file system in memory, whose transfers are not direct.
    public var memoryFiles: UInt32 = 0
    /// O_DIRECT files of which that could not be asked.
    public var unknownFileSystems: UInt32 = 0
    public var accounting = IOAccounting()
    public var squeeze = ProcessSqueeze.never
    /// Calls that `--enforce deny` made fail.
    public var deniedCalls: UInt64 = 0
    /// `--enforce abort` stopped it at a violation.
    public var aborted = false
    /// Regions that were ended but not begun.
    public var unbalancedRegions: UInt32 = 0
    /// Threads that ended in a phase of their own.
    public var threadPhasesOpen: UInt32 = 0
    /// False for a process that only the syscalls witness saw.
    public var observed = true
    /// Why it is not observed.
    @Nullable public var whyUnobserved: String?
    public var threadsCreated: UInt32 = 0
    public var lock = ProcessLock()
    public var growth = MemoryGrowth()
    public var lost = Losses()
    public var phases = PhaseLedgers()
    public var threads: [ThreadLedger] = []
    public var sites: [Site] = []
    /// Regions that it named or declared as allowed.
    public var regions: [RegionLedger] = []
    /// Of the steady phase's events, those in allowed regions.
    public var allowed = EventCounts()
    /// The files that it had loaded at its steady point, or later.
    public var modules: [LoadedFile] = []
    /// Which interlude was the last, and whether it was the end.
    public var lastInterlude: UInt32 = 0
    public var endsClosed = false
    /// Kernel allocations for it in its steady phase outside of allowed regions, by thread id.
    public var strictKernel: [Int32: [KernelAllocation]] = [:]
    /// The sites of its page faults of the steady phase, as far as the kernel witness reported them.
    public var faultSites: [FaultSite] = []
    /// The kernel's records of its steady phase, one by one; there may be more than are kept.
    public var strictCalls: [StrictCall] = []
    /// Other watched system calls in its steady phase.
    public var otherCalls: [OtherCall: UInt64] = [:]
    /// The same before its steady phase.
    public var earlierLockCalls: [OtherCall: UInt64] = [:]
    /// Which program image it is of: an exec makes another, a fork does not.
    public var image: UInt32 = 0
    /// Null without the transfers witness.
    @Nullable public var kernelTransfers: KernelTransfers?
    /// System calls after the ledger had no more room for edges, so that their phases are unknown.
    public var uncertainSyscalls: UInt64 = 0

    public init(pid: Int32, parentPid: Int32, executable: String) {
        self.pid = pid
        self.parentPid = parentPid
        self.executable = executable
    }

    /// Completed transfers after setup.
    public var transfers: UInt64 {
        phases[.warmup].transfers + phases[.steady].transfers + phases[.teardown].transfers
    }

    private enum CodingKeys: String, CodingKey {
        case pid, parentPid, executable, observed, whyUnobserved, lastPhase, steadyReached, kernelTransfers, phases,
            threads, regions, phasesByKernel, deniedCalls, aborted
    }
}

/// How a process may call functions that are not interposed: each is a way to allocate unseen.
public struct Bypasses: Equatable, Sendable {
    /// dlopen(3) with RTLD_DEEPBIND.
    public var deepBindings: UInt32 = 0
    /// dlmopen(3) for a namespace of its own, which has a libc of its own.
    public var namespaces: UInt32 = 0
    /// An interposed function that dlsym(3) found in a library.
    public var lookedUp: String?
    /// An interposed function that the program defines itself.
    public var taken: String?
    /// A tool such as Valgrind has replaced the interposer's malloc.
    public var isReplaced = false

    public init() {}
}

/// Losses of a process's ledger, whose tables are bounded.
public struct Losses: Equatable, Sendable {
    /// Violations that were counted, but for whose stacks there was no room.
    public var sites: UInt64 = 0
    /// O_DIRECT files beyond the interposer's table: their transfers were not seen.
    public var files: UInt64 = 0
    /// Loaded files beyond the table: not searched for a heap of their own.
    public var modules: UInt32 = 0
    /// Regions for which there was no room, or that were nested too deeply: counted, but not listed.
    public var regions: UInt64 = 0
    /// Threads whose page faults could not be attributed.
    public var threadFaults: UInt64 = 0
    /// Events that were counted in rows shared by threads, so that only the process is known.
    public var threadCalls: UInt64 = 0

    public init() {}
}

/// A process wrote into the shared ledger where only the interposer may, by mistake or to deceive.
public struct LedgerDamage: Equatable, Sendable {
    /// The first process of the program image, as the ledger has it; 0 if it has none.
    public let pid: Int32
    /// What does not hold, in words.
    public let what: String

    public init(pid: Int32, what: String) {
        self.pid = pid
        self.what = what
    }
}

/// The interposer's whole ledger, and what the syscalls witness adds to it.
public struct Ledger: Equatable, Sendable {
    public var processes: [ProcessLedger] = []
    /// Program images whose part of the ledger is out of bounds or contradicts itself. Nothing in it can be relied upon: their
    /// processes are not among `processes`.
    public var damages: [LedgerDamage] = []
    /// Program images for which no arena was left.
    public var imagesBeyondTable: UInt32 = 0
    /// Program images whose interposer could not attach.
    public var imagesRefused: UInt32 = 0
    /// Program images that the subject's processes started or executed, and whose interposer never reported.
    public var imagesUnseen: UInt32 = 0
    /// Programs that were started where the interposer's file cannot be opened, and its path.
    public var imagesWithoutLibrary: UInt32 = 0
    public var library = ""
    /// Programs whose exec the syscalls witness saw, and whose interposer never reported.
    public var unseenPrograms: [UnseenProgram] = []
    /// Processes that only the syscalls witness saw: no interposer reported.
    public var unreportedProcesses: [ProcessLedger] = []
    /// Transfers on O_DIRECT files that the kernel saw by processes that never reported, by pid.
    public var unreportedTransfers: [Int32: UInt64] = [:]
    /// Forked children for whom no record was free.
    public var lostProcesses: UInt32 = 0
    /// Processes that the kernel saw being made, and the interposer neither in the child nor in its parent.
    public var processesMadeUnseen = 0

    public init() {}

    /// - Parameter made: by whatever call, threads apart.
    /// - Parameter attached: of forked children; programs that a process became are none.
    package mutating func noteMade(_ made: Int, attached: Int) {
        let sharing = processes.reduce(0) { $0 + Int($1.vforks) + Int($1.memorySharers) }
        processesMadeUnseen = max(0, made - attached - sharing - Int(lostProcesses))
    }

    /// The sum of all processes.
    public var total: PhaseLedgers {
        processes.reduce(into: PhaseLedgers()) { $0 += $1.phases }
    }
}
