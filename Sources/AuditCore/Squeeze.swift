/// What `--squeeze` did: the subject's memory was limited to what it used at its steady point and a slack, until the steady
/// phase was over.
public struct Squeeze: Equatable, Sendable, Codable {
    public let slackBytes: UInt64
    /// In use when the limit was last set, and that limit; null if it never was.
    @Nullable public var usageBytes: UInt64?
    @Nullable public var limitBytes: UInt64?
    /// How often an allocation reached the limit. The kernel may have reclaimed memory then.
    public var limitHits: UInt64 = 0
    /// Processes that the kernel killed because it could reclaim none.
    public var oomKills: UInt64 = 0
    /// What the kernel's log says of these kills, one after the other, line by line; null without any.
    @Nullable public var oomReports: Reading<[[String]]>?
    /// Steady transfers of the processes whose steady phase began under the limit.
    public var transfersAfter: UInt64 = 0
    /// Why there was no limit, or not all the time, in words.
    @Nullable public var problem: String?

    public init(slackBytes: UInt64, problem: String? = nil) {
        self.slackBytes = slackBytes
        self.problem = problem
    }
}

/// Whether a process began its steady phases under the limit.
public enum ProcessSqueeze: Equatable, Sendable {
    case never
    case always
    /// At least once it got no answer in time, or the answer that there is no limit.
    case missed
}
