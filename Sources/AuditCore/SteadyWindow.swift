/// What tells dioaudit where the steady phase of a program begins or ends that cannot say so itself: a value of `--steady-from`
/// or `--steady-to`.
public enum Cue: Equatable, Sendable {
    /// A signal to dioaudit.
    case signal(Int32, name: String)
    /// A file appears.
    case file(String)

    /// As it is given.
    public var text: String {
        switch self {
        case .signal(_, let name): "signal:\(name)"
        case .file(let path): "file:\(path)"
        }
    }
}

/// The time in which processes that transfer are in their steady phase, as dioaudit is told from outside.
public struct SteadyWindow: Equatable, Sendable {
    public struct Edge: Equatable, Sendable {
        public let cue: Cue
        /// When the cue came, CLOCK_MONOTONIC; null until then.
        public var nanoseconds: UInt64?
        /// Why what came was not taken for the cue, in words.
        public var problem: String?

        public init(_ cue: Cue, at nanoseconds: UInt64? = nil, problem: String? = nil) {
            self.cue = cue
            self.nanoseconds = nanoseconds
            self.problem = problem
        }
    }

    /// Null where the processes' own transfers begin the steady phase, or end it.
    public var from: Edge?
    public var to: Edge?

    /// The program has changed in the ledger what it was told.
    public var isForged = false

    public init(from: Edge? = nil, to: Edge? = nil) {
        self.from = from
        self.to = to
    }

    /// A steady phase may be at a time.
    func holds(_ nanoseconds: UInt64) -> Bool {
        if let to = to?.nanoseconds, to <= nanoseconds { return false }
        guard let from else { return true }
        return from.nanoseconds.map { $0 <= nanoseconds } ?? false
    }
}
