/// The number of events, and the bytes that their callers asked for (granted or not; 0 for calls that name no size).
public struct EventCount: Equatable, Sendable {
    public var calls: UInt64
    public var bytes: UInt64

    public init(calls: UInt64 = 0, bytes: UInt64 = 0) {
        self.calls = calls
        self.bytes = bytes
    }

    /// A caller may ask for any number of bytes, twice: sums of them stop at the largest number.
    public static func += (left: inout Self, right: Self) {
        left.calls &+= right.calls
        let (bytes, overflow) = left.bytes.addingReportingOverflow(right.bytes)
        left.bytes = overflow ? .max : bytes
    }
}

/// A count for every kind, zeros too.
public struct EventCounts: Equatable, Sendable {
    private var counts = [EventCount](repeating: EventCount(), count: EventKind.allCases.count)

    public init() {}

    public subscript(kind: EventKind) -> EventCount {
        get { counts[kind.index] }
        set { counts[kind.index] = newValue }
    }

    /// The difference of each count, at least zero.
    static func - (left: Self, right: Self) -> Self {
        var rest = left
        for index in rest.counts.indices {
            rest.counts[index].calls -= min(rest.counts[index].calls, right.counts[index].calls)
            rest.counts[index].bytes -= min(rest.counts[index].bytes, right.counts[index].bytes)
        }
        return rest
    }

    public static func += (left: inout Self, right: Self) {
        for index in left.counts.indices { left.counts[index] += right.counts[index] }
    }

    /// Calls of all kinds in a group.
    public func calls(of family: EventKind.Family) -> UInt64 {
        EventKind.allCases.lazy.filter { $0.family == family }.reduce(0) { $0 + self[$1].calls }
    }

    /// Calls that give heap memory back; the other calls of its group take some.
    public var frees: UInt64 { EventKind.allCases.lazy.filter(\.frees).reduce(0) { $0 + self[$1].calls } }
    public var heapCalls: UInt64 { calls(of: .heap) - frees }
}

extension EventCounts: Codable {
    private struct Calls: Codable {
        let calls: UInt64
    }

    private struct CallsAndBytes: Codable {
        let calls: UInt64
        let bytes: UInt64
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: EventKey.self)
        for kind in EventKind.counted {
            let key = EventKey(kind)
            // Not every report has these.
            if [.unexplained, .systemCall].contains(kind.family), !container.contains(key) { continue }
            if kind.family == .pageFault {
                self[kind] = EventCount(calls: try container.decode(Calls.self, forKey: key).calls)
            } else {
                let count = try container.decode(CallsAndBytes.self, forKey: key)
                self[kind] = EventCount(calls: count.calls, bytes: count.bytes)
            }
        }
    }

    /// An object with every kind as a key. Page faults have no bytes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: EventKey.self)
        for kind in EventKind.counted {
            let count = self[kind]
            if kind.family == .pageFault {
                try container.encode(Calls(calls: count.calls), forKey: EventKey(kind))
            } else {
                try container.encode(CallsAndBytes(calls: count.calls, bytes: count.bytes), forKey: EventKey(kind))
            }
        }
    }

    private struct EventKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ kind: EventKind) { stringValue = kind.rawValue }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
