/// How this kernel names the flags of its allocations, and what they let the allocator do
/// (`include/linux/gfp_types.h`; Documentation/core-api/memory-allocation.rst).
public struct Gfp: Equatable, Sendable {
    private let names: [FlagName]
    private let reclaim: UInt64
    private let io: UInt64
    private let fs: UInt64
    private let high: UInt64
    /// What mempool_alloc() adds to its caller's flags (`mm/mempool.c`).
    private let addedByMempool: UInt64

    /// - Returns: null if the kernel does not name the flags that decide.
    public init?(_ names: [FlagName]) {
        let bit = { (name: String) in names.first { $0.name == name }?.mask }
        // __GFP_WAIT was its name before Linux 4.4.
        guard let reclaim = bit("__GFP_DIRECT_RECLAIM") ?? bit("__GFP_WAIT"), let io = bit("__GFP_IO"),
            let fs = bit("__GFP_FS")
        else { return nil }
        self.names = names
        self.reclaim = reclaim
        self.io = io
        self.fs = fs
        high = bit("__GFP_HIGH") ?? 0
        addedByMempool = ["__GFP_NOMEMALLOC", "__GFP_NORETRY", "__GFP_NOWARN"].reduce(0) { $0 | (bit($1) ?? 0) }
    }

    /// As the kernel's own trace prints it: `GFP_KERNEL|__GFP_ZERO`.
    public func text(_ flags: UInt64) -> String {
        var rest = flags
        var words: [String] = []
        for entry in names where rest & entry.mask == entry.mask {
            words.append(entry.name)
            rest &= ~entry.mask
        }
        if rest != 0 { words.append("0x" + String(rest, radix: 16)) }
        return words.isEmpty ? "none" : words.joined(separator: "|")
    }

    /// - Parameter flusher: of a thread under PR_SET_IO_FLUSHER, for which the allocator clears `__GFP_IO` and `__GFP_FS`
    ///   (`current_gfp_context`).
    public func risk(_ flags: UInt64, flusher: Bool = false) -> KernelAllocation.Risk {
        guard flags & reclaim != 0 else { return .nonBlocking }
        // GFP_NOFS may still swap, GFP_NOIO not even that; neither waits for a file's pages.
        return flags & fs == 0 || flusher ? .mayWait : .mayWaitForWriteback
    }

    /// What a mempool's caller asked for, by the flags that reached the allocator. mempool_alloc() first tries without
    /// direct reclaim and I/O, then takes from the reserve, and only when that is used up asks as its caller did.
    public func askedOfMempool(_ flags: UInt64) -> UInt64 {
        let asked = flags & ~addedByMempool
        if flags & reclaim != 0 { return asked }
        // It leaves __GFP_FS, which only goes with the two that it takes away.
        return flags & fs != 0 ? asked | reclaim | io : asked
    }

    /// Without `__GFP_FS` the caller's flags may have been GFP_NOIO, GFP_NOFS or GFP_NOWAIT: the worst of them holds.
    public func riskOfMempool(_ flags: UInt64, flusher: Bool = false) -> KernelAllocation.Risk {
        let asked = askedOfMempool(flags)
        if asked & reclaim != 0 { return risk(asked, flusher: flusher) }
        return asked & high != 0 ? .nonBlocking : .mayWait
    }
}
