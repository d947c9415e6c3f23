/// Allocations that the kernel made in one phase, from one place with one set of flags. The encoded names are the report's.
public struct KernelAllocation: Equatable, Sendable, Codable {
    /// The tracepoint that reported it.
    public enum Kind: String, CaseIterable, Sendable, Codable {
        case kmalloc, kmemCacheAlloc, pageAlloc
    }

    /// What an allocation with these flags may do when memory is short (`include/linux/gfp_types.h`).
    public enum Risk: String, CaseIterable, Sendable, Codable, Comparable {
        /// Atomic, or without direct reclaim: it fails at once.
        case nonBlocking
        /// Direct reclaim, but not by I/O or through file systems (GFP_NOIO, GFP_NOFS).
        case mayWait
        /// Direct reclaim that may write pages back: the deadlock of a daemon that the writing waits for.
        case mayWaitForWriteback

        public static func < (left: Risk, right: Risk) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }

    public let kind: Kind
    /// The kernel's function that asked for it, by /proc/kallsyms; an address where that is not to be read.
    public let site: String
    /// The kernel module that the site is in.
    @Nullable public var module: String?
    /// The slab cache's name, if the kernel reports it.
    @Nullable public var cache: String?
    /// The flags by the kernel's own names. For a mempool those that its caller gave.
    public let gfp: String
    public let risk: Risk
    /// There is a reserve for it (mempool_alloc, a bio set): it waits only when that is used up too.
    public let mempool: Bool
    /// With `--kernel-stacks` the kernel's call chain, innermost first, and the user's above it.
    public let stack: [Frame]?
    /// The program's part of the stack continues, but could not be walked.
    public let truncated: Bool
    public var calls: UInt64
    /// As the kernel's own callers asked for them.
    public var bytes: UInt64
    /// Calls by the bytes that each asked for, in decimal digits; null where sizes were not distinguished.
    @Nullable public var sizes: [String: UInt64]?
    /// Calls for each transfer of its phase; null where there were none.
    @Nullable public var perTransfer: Double?

    public init(
        kind: Kind, site: String, module: String? = nil, cache: String? = nil, gfp: String, risk: Risk,
        mempool: Bool = false, stack: [Frame]? = nil, truncated: Bool = false, calls: UInt64, bytes: UInt64,
        sizes: [String: UInt64]? = nil, transfers: UInt64 = 0
    ) {
        self.kind = kind
        self.site = site
        self.module = module
        self.cache = cache
        self.gfp = gfp
        self.risk = risk
        self.mempool = mempool
        self.calls = calls
        self.bytes = bytes
        self.sizes = sizes
        self.stack = stack
        self.truncated = truncated
        count(per: transfers)
    }

    /// Adds those of another row of the same place.
    mutating func add(_ other: KernelAllocation) {
        calls += other.calls
        bytes += other.bytes
        sizes = if let sizes, let others = other.sizes { sizes.merging(others, uniquingKeysWith: +) } else { nil }
    }

    mutating func count(per transfers: UInt64) {
        perTransfer = transfers > 0 ? Double(calls) / Double(transfers) : nil
    }

    struct Place: Hashable {
        let kind: Kind
        let site: String
        let module, cache: String?
        let gfp: String
        let risk: Risk
        let mempool: Bool
        let stack: [Frame]?
    }

    var place: Place {
        Place(
            kind: kind, site: site, module: module, cache: cache, gfp: gfp, risk: risk, mempool: mempool, stack: stack)
    }

    var eventKind: EventKind {
        switch kind {
        case .kmalloc: .kmalloc
        case .kmemCacheAlloc: .kmemCacheAlloc
        case .pageAlloc: .pageAlloc
        }
    }
}

/// Allocations by kind in interrupts (hard, soft or NMI) of the subject's threads: it is unknown for which process they
/// worked.
public struct InterruptAllocations: Equatable, Sendable, Codable {
    public private(set) var kmalloc: UInt64 = 0
    public private(set) var kmemCacheAlloc: UInt64 = 0
    public private(set) var pageAlloc: UInt64 = 0

    public subscript(kind: KernelAllocation.Kind) -> UInt64 {
        get { self[keyPath: Self.path(kind)] }
        set { self[keyPath: Self.path(kind)] = newValue }
    }

    public static func += (left: inout Self, right: Self) {
        for kind in KernelAllocation.Kind.allCases { left[kind] += right[kind] }
    }

    private static func path(_ kind: KernelAllocation.Kind) -> WritableKeyPath<Self, UInt64> {
        switch kind {
        case .kmalloc: \.kmalloc
        case .kmemCacheAlloc: \.kmemCacheAlloc
        case .pageAlloc: \.pageAlloc
        }
    }
}
