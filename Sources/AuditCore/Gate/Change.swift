/// One difference between an audit and an earlier one, the baseline (docs/baselines.md).
public struct Change: Equatable, Sendable, Codable {
    /// In the order in which they are shown: what is worse before what is better.
    public enum Kind: String, CaseIterable, Sendable, Codable {
        case lostAudit, lostWitness, lostCoverage, newPlace, moreCalls, laterSettling
        case newAudit, gainedWitness, gonePlace, fewerCalls, earlierSettling

        public var isWorse: Bool {
            switch self {
            case .lostAudit, .lostWitness, .lostCoverage, .newPlace, .moreCalls, .laterSettling: true
            case .newAudit, .gainedWitness, .gonePlace, .fewerCalls, .earlierSettling: false
            }
        }
    }

    /// The events of a place, or the ordinal of the transfer after which an audit settled.
    public struct Figure: Equatable, Sendable, Codable {
        public let count: UInt64
        /// The steady transfers of the processes that were at a place; null for an ordinal.
        @Nullable public var transfers: UInt64?

        public var perTransfer: Double? {
            transfers.flatMap { $0 > 0 ? Double(count) / Double($0) : nil }
        }
    }

    public let kind: Kind
    /// Of an audit or a witness; what is not judged any more, in words.
    @Nullable public var name: String?
    /// Null too for calls of which nothing tells where they came from: no baseline knows them.
    @Nullable public var place: PlaceIdentity?
    /// Null where there was none; of settling, where it never came.
    @Nullable public var before: Figure?
    @Nullable public var now: Figure?

    public init(
        _ kind: Kind, name: String? = nil, place: PlaceIdentity? = nil, before: Figure? = nil, now: Figure? = nil
    ) {
        self.kind = kind
        self.name = name
        self.place = place
        self.before = before
        self.now = now
    }
}

extension [Change] {
    public var areWorse: Bool { contains(where: \.kind.isWorse) }

    /// The worst first: by kind, and the most calls first.
    func sorted() -> [Change] {
        let order = Dictionary(uniqueKeysWithValues: zip(Change.Kind.allCases, 0...))
        return enumerated().sorted { left, right in
            let calls = { (change: Change) in change.now?.count ?? change.before?.count ?? 0 }
            return (order[left.element.kind]!, calls(right.element), left.offset)
                < (order[right.element.kind]!, calls(left.element), right.offset)
        }.map(\.element)
    }
}
