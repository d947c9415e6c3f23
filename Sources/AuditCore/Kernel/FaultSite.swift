/// Page faults of the steady phase on one mapping, by the function of the instruction, as the kernel witness reports.
public struct FaultSite: Equatable, Sendable {
    public let tid: Int32
    public var calls: UInt64
    /// The first address that faulted.
    public let address: UInt64
    /// What lies there: `stack` (the thread's own), `[heap]`, `//anon`, or the path of a file. Null if it was mapped unseen.
    public let memory: String?
    /// The instruction that touched it, or made the system call that did; with the functions that it was inlined into.
    public var stack: [Frame]
    /// The stack continues, but was not taken.
    public let truncated: Bool

    public init(
        tid: Int32, calls: UInt64, address: UInt64, memory: String?, stack: [Frame], truncated: Bool = true
    ) {
        self.tid = tid
        self.calls = calls
        self.address = address
        self.memory = memory
        self.stack = stack
        self.truncated = truncated
    }
}
