/// How much of something is allowed: a value of `--budget`, which docs/budgets.md describes.
public struct Budget: Equatable, Sendable {
    enum Measure: Equatable, Sendable {
        case calls, callsPerTransfer, bytes
        /// Memory that is locked at the steady point.
        case lockedBytes
        /// The ordinal of the transfer after which it settled.
        case settledAfter
    }

    /// Whose events, of those of its kinds.
    enum Selector: Equatable, Sendable {
        case all
        case thread(Glob)
        /// The function of a place.
        case place(Glob)
        case file(Glob)
    }

    /// As it was written.
    public let text: String
    public let limit: Double
    let measure: Measure
    let phase: Phase
    /// Those that the policy forbids, of these.
    let kinds: Set<EventKind>
    /// Kinds that were named one by one: they are counted even where the policy allows them.
    let named: Set<EventKind>
    let selector: Selector

    /// What is wrong with a text, in words.
    public struct Problem: Error {
        public let what: String
    }

    /// Reads `WHAT=N`.
    public init(_ text: String) throws(Problem) {
        guard let equals = text.lastIndex(of: "="), equals > text.startIndex else {
            throw Problem(what: "a budget is WHAT=N, such as malloc=3, heap/transfer=0.5 or bytes=64k")
        }
        self.text = text
        var what = text[..<equals]
        let number = text[text.index(after: equals)...]
        if what == "locked" || what == "settledAfter" {
            measure = what == "locked" ? .lockedBytes : .settledAfter
            (phase, kinds, named, selector) = (.steady, [], [], .all)
            limit = try Self.limit(number, measure)
            return
        }
        var measure = Measure.calls
        for (suffix, other) in [("/transfer", Measure.callsPerTransfer), ("/bytes", .bytes)]
        where what.hasSuffix(suffix) {
            measure = other
            what = what.dropLast(suffix.count)
        }
        let named = Phase.allCases.first { what.hasPrefix($0.rawValue + ".") }
        if let named { what = what.dropFirst(named.rawValue.count + 1) }
        phase = named ?? .steady
        if what == "bytes" {
            guard measure == .calls else { throw Problem(what: "bytes are not counted by transfer; write bytes=64k") }
            (measure, what) = (.bytes, "all")
        }
        self.measure = measure
        (kinds, self.named, selector) = try Self.events(what)
        limit = try Self.limit(number, measure)
        if phase != .steady, selector != .all {
            throw Problem(
                what: "stacks and threads are known of the steady phase only; write \(phase.rawValue).heap=100")
        }
    }

    private static func events(
        _ text: Substring
    ) throws(Problem) -> (Set<EventKind>, named: Set<EventKind>, Selector) {
        var (kinds, named): (Set<EventKind>, Set<EventKind>) = ([], [])
        var rest = text
        while !rest.isEmpty {
            if let selector = try selector(rest) { return (kinds.isEmpty ? all : kinds, named, selector) }
            let word = rest.prefix { $0 != "," }
            rest = rest.dropFirst(word.count + 1)
            if let group = EventKind.group(String(word)) {
                kinds.formUnion(group)
            } else if let kind = EventKind.counted.first(where: { $0.rawValue == word }) {
                kinds.insert(kind)
                named.insert(kind)
            } else {
                let isKernels = EventKind(rawValue: String(word)) != nil
                throw Problem(
                    what: isKernels
                        ? "what the kernel allocates is --kernel-limit's, such as kmalloc=1.5"
                        : "'\(word)' is no kind of event; WHAT is kinds (malloc), heap, mappings, faults, all, bytes, thread:PATTERN, "
                            + "place:FUNCTION, file:FILE, locked or settledAfter")
            }
        }
        guard !kinds.isEmpty else { throw Problem(what: "a budget is WHAT=N, such as malloc=3") }
        return (kinds, named, .all)
    }

    private static let all = Set(EventKind.counted)

    private static func selector(_ text: Substring) throws(Problem) -> Selector? {
        let cases: KeyValuePairs<String, (Glob) -> Selector> = [
            "thread:": { .thread($0) }, "place:": { .place($0) }, "file:": { .file($0) },
        ]
        guard let found = cases.first(where: { text.hasPrefix($0.key) }) else { return nil }
        let pattern = text.dropFirst(found.key.count)
        guard !pattern.isEmpty, let glob = Glob(String(pattern)) else {
            throw Problem(what: "'\(text)' is no pattern; write a name with * and ?, such as \(found.key)log*")
        }
        return found.value(glob)
    }

    private static func limit(_ text: Substring, _ measure: Measure) throws(Problem) -> Double {
        let number =
            switch measure {
            case .callsPerTransfer: Double(String(text))
            case .bytes, .lockedBytes: byteSize(String(text)).map { Double($0) }
            case .calls, .settledAfter: UInt64(text).map { Double($0) }
            }
        guard let number, number >= 0, number.isFinite, number < 0x1p53 else {
            let form =
                switch measure {
                case .callsPerTransfer: "a number from 0 on, such as 0.5"
                case .bytes, .lockedBytes: "a whole number of bytes, with k, m or g for more, such as 64k"
                case .calls, .settledAfter: "a whole number from 0 on, such as 3"
                }
            throw Problem(what: "'\(text)' is no limit: N is \(form)")
        }
        return number
    }

    /// A kind that is no violation by itself has no stacks, which a pattern would be compared with.
    public func hasNoStacks(under policy: Policy) -> EventKind? {
        if case .all = selector { return nil }
        return EventKind.allCases.first { named.contains($0) && !policy.forbids($0) }
    }

    /// Whether they limit the same, to whatever number.
    func isLike(_ other: Budget) -> Bool {
        (measure, phase, kinds, named, selector)
            == (other.measure, other.phase, other.kinds, other.named, other.selector)
    }

    /// Whether violations may be its own, where these kinds are judged.
    func takes(_ judged: Set<EventKind>) -> Bool { phase == .steady && !kinds.isDisjoint(with: judged) }

    /// Whether it limits what is no violation by itself, where these kinds are judged.
    func limitsMore(than judged: Set<EventKind>) -> Bool {
        kinds.isEmpty || phase != .steady || !named.isSubset(of: judged)
    }

    func holds(_ violation: Violation, ownFrame: Frame?) -> Bool {
        guard phase == .steady, kinds.contains(violation.kind) else { return false }
        switch selector {
        case .all: return true
        case .thread(let name): return name.matches(violation.thread)
        case .place(let function): return function.matches(ownFrame?.function)
        case .file(let path): return path.matchesEnd(ofPath: ownFrame?.file)
        }
    }
}

/// A budget, and what was used of it.
public struct BudgetUse: Equatable, Sendable, Codable {
    public enum Status: String, Sendable, Codable {
        case kept, exceeded
        /// What it limits was not observed, or not all of it.
        case unknown
    }

    /// As it was written.
    public let budget: String
    public let limit: Double
    /// Null where it is not known.
    @Nullable public internal(set) var used: Double?
    public internal(set) var status: Status
    /// Why it is not known; null if it is.
    @Nullable public internal(set) var reason: String?
    /// Violations that it allowed.
    public internal(set) var violations: [Violation] = []

    public var calls: UInt64 { violations.reduce(0) { $0 + $1.calls } }
    /// Nothing that it allows happened.
    public var isStale: Bool { status == .kept && used == 0 && limit > 0 }

    init(_ budget: Budget, used: Double) {
        self.budget = budget.text
        limit = budget.limit
        self.used = used
        status = used > budget.limit ? .exceeded : .kept
        reason = nil
    }

    init(_ budget: Budget, unknown reason: String) {
        self.budget = budget.text
        limit = budget.limit
        used = nil
        status = .unknown
        self.reason = reason
    }
}
