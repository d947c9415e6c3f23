/// One entry of a call stack. The encoded names are the report's.
///
/// Frames are most of what a large report holds, and mostly the same ones: copies of one share what it says.
public struct Frame: Sendable {
    private struct Fields: Hashable, Codable {
        @Nullable var function: String?
        @Nullable var file: String?
        @Nullable var line: Int?
        @Nullable var module: String?
        var offset: UInt64
        var inlined: Bool
    }

    private final class Shared: Sendable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    private var shared: Shared

    private var fields: Fields {
        get { shared.fields }
        set { shared = Shared(newValue) }
    }

    public init(
        function: String? = nil, file: String? = nil, line: Int? = nil, module: String? = nil, offset: UInt64,
        inlined: Bool = false
    ) {
        shared = Shared(
            Fields(function: function, file: file, line: line, module: module, offset: offset, inlined: inlined))
    }

    /// Demangled; null where the module has neither debug info nor a symbol there.
    public var function: String? {
        get { fields.function }
        set { fields.function = newValue }
    }

    /// As the compiler recorded it.
    public var file: String? {
        get { fields.file }
        set { fields.file = newValue }
    }

    public var line: Int? {
        get { fields.line }
        set { fields.line = newValue }
    }

    /// Path of the executable or library.
    public var module: String? {
        get { fields.module }
        set { fields.module = newValue }
    }

    /// Address inside the calling instruction, as counted in the module's own file.
    public var offset: UInt64 {
        get { fields.offset }
        set { fields.offset = newValue }
    }

    /// The compiler put this function's body into its caller, the next frame that is not inlined.
    public var inlined: Bool { fields.inlined }

    /// The same for copies of one frame, as long as one of them is there. Others may be equal to it all the same.
    package var identity: ObjectIdentifier { ObjectIdentifier(shared) }
}

extension Frame: Hashable {
    public static func == (left: Frame, right: Frame) -> Bool {
        left.shared === right.shared || left.fields == right.fields
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}

extension Frame: Codable {
    public init(from decoder: any Decoder) throws { shared = Shared(try Fields(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
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
