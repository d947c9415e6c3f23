/// A site as a reader counts it: violations that share the program's own first frame. The encoded names are the report's.
public struct Place: Equatable, Sendable {
    /// The first frame of the program's own code, which asked for what happened; null if no frame is known.
    @Nullable public private(set) var frame: Frame?
    public private(set) var calls: UInt64 = 0
    public private(set) var bytes: UInt64 = 0
    /// Calls by kind.
    public private(set) var kinds: [EventKind: UInt64] = [:]
    /// Names of the threads, in the order in which they were first here; none where they are unknown.
    public private(set) var threads: [String] = []
    /// Ordinals of the transfers at its first event and at its last; null where one of its events is without.
    @Nullable public private(set) var firstTransfer: UInt64?
    @Nullable public private(set) var lastTransfer: UInt64?
    /// Steady transfers of the processes that were here.
    public private(set) var transfers: UInt64 = 0
    /// Indices into the audit's violations, first the one of the most calls.
    public private(set) var violations: [Int] = []

    public var perTransfer: Double? { transfers > 0 ? Double(calls) / Double(transfers) : nil }

    private init(_ frame: Frame?) {
        (self.frame, firstTransfer, lastTransfer) = (frame, nil, nil)
    }

    /// All places of an audit, first the one of the most calls.
    public static func all(of violations: [Violation], in processes: [ProcessLedger]) -> [Place] {
        all(of: violations, in: processes) { own, violation in Key(own.map { violation.stack[$0] }, violation) }.places
    }

    /// Those that violations share by a key of the reader's, made of a violation and the index in its stack of the program's own frame.
    static func all<Key: Hashable>(
        of violations: [Violation], in processes: [ProcessLedger], by key: (Int?, Violation) -> Key
    ) -> (keys: [Key], places: [Place]) {
        var code = OwnCode()
        var keys: [Key] = []
        var places: [Place] = []
        var indices: [Key: Int] = [:]
        indices.reserveCapacity(violations.count)
        for (index, violation) in violations.enumerated() {
            let own = code.index(in: violation.stack)
            let key = key(own, violation)
            let place = indices[key] ?? places.count
            if place == places.count {
                indices[key] = place
                keys.append(key)
                places.append(Place(own.map { violation.stack[$0] }))
            }
            places[place].add(violation, index)
        }
        let transfers = Dictionary(processes.map { ($0.pid, $0.phases[.steady].transfers) }, uniquingKeysWith: +)
        for place in places.indices {
            places[place].note(violations, transfersOf: transfers)
            guard places[place].violations.count > 1 else { continue }
            places[place].violations.sort { (violations[$1].calls, $0) < (violations[$0].calls, $1) }
        }
        let order = places.indices.sorted {
            (places[$1].calls, places[$1].bytes, $0) < (places[$0].calls, places[$0].bytes, $1)
        }
        return (order.map { keys[$0] }, order.map { places[$0] })
    }

    /// Which threads and processes were there. Of one there may be thousands.
    private mutating func note(_ violations: [Violation], transfersOf transfers: [Int32: UInt64]) {
        var known: (threads: Set<String>, processes: Set<Int32>) = ([], [])
        let isAlone = self.violations.count == 1
        for violation in self.violations.lazy.map({ violations[$0] }) {
            if let name = violation.thread, isAlone || known.threads.insert(name).inserted { threads.append(name) }
            if isAlone || known.processes.insert(violation.pid).inserted {
                self.transfers += transfers[violation.pid] ?? 0
            }
        }
    }

    /// The index in a stack of the frame that tells the place.
    public static func ownFrame(of stack: [Frame]) -> Int? {
        var code = OwnCode()
        return code.index(in: stack)
    }

    private mutating func add(_ violation: Violation, _ index: Int) {
        let isFirst = violations.isEmpty
        calls &+= violation.calls
        let (sum, overflow) = bytes.addingReportingOverflow(violation.bytes)
        bytes = overflow ? .max : sum
        kinds[violation.kind, default: 0] &+= violation.calls
        firstTransfer = isFirst ? violation.firstTransfer : both(firstTransfer, violation.firstTransfer, min)
        lastTransfer = isFirst ? violation.lastTransfer : both(lastTransfer, violation.lastTransfer, max)
        violations.append(index)
    }

    private func both(_ left: UInt64?, _ right: UInt64?, _ choose: (UInt64, UInt64) -> UInt64) -> UInt64? {
        guard let left, let right else { return nil }
        return choose(left, right)
    }

    /// What two violations share that are of one place.
    private enum Key: Hashable {
        /// Of all that a compiler makes of a template's or an inlined function's line.
        case line(Int, file: String, module: String?)
        /// Without lines, all of a function is one place, and of a template all that it was made for.
        case function(String, module: String?)
        case address(UInt64, module: String?)
        /// No stack is known.
        case memory(String?, EventKind.Family)

        init(_ frame: Frame?, _ violation: Violation) {
            guard let frame else {
                self = .memory(violation.memory, violation.kind.family)
                return
            }
            if let file = frame.file, let line = frame.line {
                self = .line(line, file: file, module: frame.module)
            } else if let function = frame.function {
                self = .function(shortFunction(function), module: frame.module)
            } else {
                self = .address(frame.offset, module: frame.module)
            }
        }
    }
}

extension Place {
    /// Its last event came in the first half of its processes' steady transfers.
    public func endsEarly(_ processes: [ProcessLedger]) -> Bool {
        guard let lastTransfer else { return false }
        let warmup = processes.map { $0.phases[.warmup].transfers }.min() ?? 0
        return lastTransfer < warmup + transfers / 2
    }
}

extension Place: Encodable {
    private enum CodingKeys: String, CodingKey {
        case frame, calls, bytes, kinds, threads, firstTransfer, lastTransfer, perTransfer, violations
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(_frame, forKey: .frame)
        try container.encode(calls, forKey: .calls)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(
            Dictionary(uniqueKeysWithValues: kinds.map { ($0.key.rawValue, $0.value) }), forKey: .kinds)
        try container.encode(threads, forKey: .threads)
        try container.encode(_firstTransfer, forKey: .firstTransfer)
        try container.encode(_lastTransfer, forKey: .lastTransfer)
        try container.encode(Nullable(wrappedValue: perTransfer), forKey: .perTransfer)
        try container.encode(violations, forKey: .violations)
    }
}
