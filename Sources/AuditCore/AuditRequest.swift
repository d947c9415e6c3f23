/// What is asked for: how the subject is run and watched, and what a pass needs beyond the rules that always hold. Both
/// `observe` and `judge` take it.
public struct AuditRequest: Sendable {
    // MARK: phases

    /// Only the subject's own markers move it from one phase to the next.
    public var phasesByMarker = false
    public var warmup = Warmup()
    /// What begins the steady phase, instead of the warm-up, and what ends it.
    public var steadyFrom: Cue?
    public var steadyTo: Cue?
    /// The least number of transfers in the steady phase.
    public var minimumTransfers: UInt64 = 1

    // MARK: judgement

    /// The exit status of a subject that did not fail, as shells have it.
    public var expectedStatus: Int32 = 0
    /// The worst of so many runs is judged.
    public var runs = 1
    public var policy = Policy()
    public var scope = Scope.process
    /// Null: all of the subject's processes are judged.
    public var process: ProcessPattern?
    public var suppressions: [Suppression] = []
    public var kernelLimits: [KernelLimit] = []
    public var budgets: [Budget] = []
    public var baseline: Baseline?
    /// A budget, suppression or kernel limit that nothing used is a failure.
    public var strict = false
    /// The interposer's action at a violation.
    public var enforce = Enforce.report

    // MARK: memory

    /// A file system in memory (tmpfs) is good enough, which takes O_DIRECT and copies.
    public var mayBeInMemory = false
    public var lock = LockRequirement.whenSubjectLocks
    /// mlockall(MCL_CURRENT|MCL_FUTURE) before `main`.
    public var lockAtStart = false
    /// The memory, in bytes, that the subject may take beyond its use at the steady point; nil: no limit.
    public var squeezeSlack: UInt64?

    // MARK: witnesses

    public var syscalls = SyscallsChoice.auto
    public var kernel = KernelChoice.auto
    /// The kernel witness takes the kernel's call chains, and the user's above them.
    public var kernelStacks = false

    public init() {}
}

/// Whether the kernel witness is used: the values of `--kernel`.
public enum KernelChoice: String, CaseIterable, Sendable {
    /// Where it can.
    case auto
    /// No pass without it.
    case require
    case off
}
