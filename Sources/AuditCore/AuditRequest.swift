/// What is asked for: how the subject is run and watched, and what a pass takes beyond the rules that always hold. Whoever
/// observes takes it, and so does `judge`.
public struct AuditRequest: Sendable {
    // MARK: phases

    /// Only the subject's own markers move it from one phase to the next.
    public var phasesByMarker = false
    /// Transfers that each open file does in each direction before it is warm.
    public var warmupTransfers: UInt64 = 1
    /// The steady phase begins no sooner than this after the first transfer.
    public var warmupNanoseconds: UInt64 = 0
    /// Transfers that the steady phase must hold at the least.
    public var minimumTransfers: UInt64 = 1

    // MARK: what is judged

    public var policy = Policy()
    public var scope = Scope.process
    public var suppressions: [Suppression] = []
    public var kernelLimits: [KernelLimit] = []
    /// What the interposer does at a violation.
    public var enforce = Enforce.report

    // MARK: memory

    public var lock = LockRequirement.whenSubjectLocks
    /// mlockall(MCL_CURRENT|MCL_FUTURE) before `main`.
    public var lockAtStart = false
    /// What the subject may take, in bytes, beyond what it uses at its steady point; nil: as much as there is.
    public var squeezeSlack: UInt64?

    // MARK: witnesses

    public var syscalls = SyscallsChoice.auto
    public var kernel = KernelChoice.auto
    /// The kernel witness takes the kernel's call chains, and the user's above them.
    public var kernelStacks = false

    public init() {}
}

/// Whether the kernel witness is to look: what `--kernel` takes.
public enum KernelChoice: String, CaseIterable, Sendable {
    /// Where it can.
    case auto
    /// No pass without it.
    case require
    case off
}
