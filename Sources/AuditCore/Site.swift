/// One entry of a call stack. The encoded names are the report's.
public struct Frame: Hashable, Sendable, Codable {
    /// Demangled; null where the module has neither debug info nor a symbol there.
    @Nullable public var function: String?
    /// As the compiler recorded it.
    @Nullable public var file: String?
    @Nullable public var line: Int?
    /// Path of the executable or library.
    @Nullable public var module: String?
    /// Address inside the calling instruction, as counted in the module's own file.
    public var offset: UInt64
    /// The compiler put this function's body into its caller, the next frame that is not inlined.
    public var inlined: Bool

    public init(
        function: String? = nil, file: String? = nil, line: Int? = nil, module: String? = nil, offset: UInt64,
        inlined: Bool = false
    ) {
        self.function = function
        self.file = file
        self.line = line
        self.module = module
        self.offset = offset
        self.inlined = inlined
    }
}

/// A distinct call stack with its kind and thread: violations are reported by site.
public struct Site: Equatable, Sendable {
    public var kind: EventKind
    /// In the steady phase.
    public var count: EventCount
    /// Events in the steady phase with the same stack, of threads for whose own site the ledger had no room.
    public var others = EventCount()
    /// Ordinal of the transfer that was running, or had last completed, at the first of its events; null if transfers were
    /// not counted.
    public var firstTransfer: UInt64?
    /// The same at the last of them.
    public var lastTransfer: UInt64?
    public var tid: Int32
    public var thread: String
    /// Innermost first.
    public var stack: [Frame]
    /// The stack continues, but could not be walked, or had more frames than are kept.
    public var truncated: Bool
    /// When its first call began and returned, CLOCK_MONOTONIC in nanoseconds; 0...0 if that was not noted.
    public var firstCall: ClosedRange<UInt64> = 0...0
    /// The same of its last call.
    public var lastCall: ClosedRange<UInt64> = 0...0
    /// Page faults of its first call: pages that it was the first to touch, or that mlockall(MCL_FUTURE) populated.
    public var firstFaults = Faults()

    public init(
        kind: EventKind, count: EventCount, firstTransfer: UInt64?,
        tid: Int32, thread: String, stack: [Frame], truncated: Bool = false
    ) {
        self.kind = kind
        self.count = count
        self.firstTransfer = firstTransfer
        self.tid = tid
        self.thread = thread
        self.stack = stack
        self.truncated = truncated
    }

    /// Whether anything happened here in the steady phase; it may have been teardown's.
    public var isOfSteady: Bool { count.calls > 0 || others.calls > 0 }
}
