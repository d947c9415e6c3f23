/// When a process is warm: its steady phase begins when all of these are over.
public struct Warmup: Equatable, Sendable {
    /// Transfers of each open file in each direction.
    public var reads: UInt64 = 1
    public var writes: UInt64 = 1
    /// Transfers of the process, on whichever file.
    public var transfers: UInt64 = 0
    /// The time from its first transfer on.
    public var nanoseconds: UInt64 = 0

    public init(reads: UInt64 = 1, writes: UInt64 = 1, transfers: UInt64 = 0, nanoseconds: UInt64 = 0) {
        self.reads = reads
        self.writes = writes
        self.transfers = transfers
        self.nanoseconds = nanoseconds
    }
}
