/// All that was observed of one subject, from which `judge` makes the verdict.
public struct Observation: Sendable {
    public var subject: Subject
    public var ledger: Ledger
    /// The subject's first process; null if it could not start.
    public var pid: Int32?
    /// Why nothing could be interposed at all.
    public var interposerMissing: Reason?
    /// Why the command can load no interposer, in words, as far as its file shows it.
    public var whyUnseen: String?
    /// The command is a static program: the processes that reported were started by it.
    public var isStatic = false
    /// The syscalls witness as it ended.
    public var syscalls = Witness.unavailable("--syscalls off")
    /// The kernel witness as it ended.
    public var kernel = Witness.unavailable("--kernel off")
    /// The transfers witness as it ended.
    public var transfers = Witness.unavailable("--kernel off and --syscalls off")
    /// Limits for call sites that the running kernel cannot have; none where its functions are not known.
    public var unknownSites: [KernelLimit] = []
    /// Why the resident pages of processes whose phases are the kernel's were not watched; null if they were.
    public var pagesProblem: String?
    /// Null unless it was asked for.
    public var squeeze: Squeeze?
    /// What came of `--steady-from` and `--steady-to`.
    public var window = SteadyWindow()
    /// Null unless it ran for too long.
    public var hang: Hang?
    /// Processes that have not ended, though its first has; null if all have.
    public var leftBehind: [Int32]?
    /// Set if the subject was attached to, so that it has no interposer.
    public var attached: Attached?
    /// Files of which frames have no names or not all, by path, and why, in words.
    public var nameless: [String: String] = [:]
    /// What kept the subject from its work though it is not the subject's fault: no space, no io_uring.
    public var obstacles: [Reason] = []
    /// How the subject failed: it overran its time limit, or could not start.
    public var failure: Reason?
    /// The soft RLIMIT_MEMLOCK in bytes; null if there is none.
    public var memlockLimit: UInt64?

    public init(subject: Subject, ledger: Ledger, pid: Int32?) {
        self.subject = subject
        self.ledger = ledger
        self.pid = pid
    }

    /// Of a subject that did not start, and why.
    public static func ofNothing(_ subject: Subject, because failure: Reason) -> Observation {
        var observation = Observation(subject: subject, ledger: Ledger(), pid: nil)
        observation.failure = failure
        observation.interposerMissing = Reason("the subject did not start", .alone)
        observation.syscalls = .unavailable("the subject did not start")
        observation.kernel = .unavailable("the subject did not start")
        observation.transfers = .unavailable("the subject did not start")
        return observation
    }
}

/// How an attached program was watched.
public struct Attached: Sendable {
    /// Why its heap functions were not probed, in words; null if they were.
    public let heapProblem: String?

    var heap: Witness { heapProblem.map(Witness.unavailable) ?? .active }
    /// It ended while it was watched.
    public let hasEnded: Bool
    /// No thread can have begun without being watched.
    public let isWhole: Bool
    /// Threads that are judged by their names, and had ended before these were known.
    public let nameless: Int
    /// A file of code that it loaded while it was watched, whose heap is not probed.
    public let loaded: String?
    /// By execve(2).
    public let becameProgram: Bool
    /// Processes that it, or one of them, began while it was watched.
    public let children: [Int32]
    /// Processes that shared its memory (CLONE_VM) when the watch began; null if that is not known.
    public let sharers: [Int32]?

    public init(
        heapProblem: String?, hasEnded: Bool, isWhole: Bool, nameless: Int = 0, loaded: String? = nil,
        becameProgram: Bool, children: [Int32] = [], sharers: [Int32]? = []
    ) {
        self.heapProblem = heapProblem
        self.hasEnded = hasEnded
        self.isWhole = isWhole
        self.nameless = nameless
        self.loaded = loaded
        self.becameProgram = becameProgram
        self.children = children
        self.sharers = sharers
    }
}
