/// A stored report that a run is held against (docs/baselines.md).
public struct Baseline: Sendable {
    /// Its path, as it was given.
    public let file: String
    public let audits: [Audit]
    /// Those that it was to have itself. What was lost stays lost until it is made again or accepted.
    public let lostAudits: [String]

    public init(file: String, audits: [Audit], lostAudits: [String] = []) {
        self.file = file
        self.audits = audits
        self.lostAudits = lostAudits
    }

    /// The names that a run held against it is to have.
    public var names: [String] { audits.map(\.name) + lostAudits }

    public func audit(_ name: String) -> Audit? { audits.first { $0.name == name } }
}

/// What became of an audit since its baseline.
public struct BaselineUse: Equatable, Sendable, Codable {
    /// The baseline's path, as it was given.
    public let file: String
    /// First the worst.
    public let changes: [Change]
    /// Violations of places that the baseline has, and that are no worse than there.
    public let known: [Violation]

    public var calls: UInt64 { known.reduce(0) { $0 + $1.calls } }
}

extension Comparand {
    /// The violations that the baseline does not accept, and what it says.
    func known(to baseline: Baseline?, _ name: String) -> (remaining: [Violation], use: BaselineUse?) {
        guard let baseline else { return (violations, nil) }
        guard let earlier = baseline.audit(name) else {
            return (violations, BaselineUse(file: baseline.file, changes: [Change(.newAudit, name: name)], known: []))
        }
        let comparison = Comparison(of: self, against: Comparand(earlier))
        let indices = violations.indices
        return (
            indices.filter { !comparison.known.contains($0) }.map { violations[$0] },
            BaselineUse(
                file: baseline.file, changes: comparison.changes,
                known: indices.filter(comparison.known.contains).map { violations[$0] })
        )
    }
}

/// What became of each audit of a report since an earlier one: of both, of the later one only, and of the earlier one only.
///
/// - Parameter lost: what either report lacks, by what it was itself held against.
public func compare(
    _ before: [Audit], _ now: [Audit], lost: [String]
) -> [(audit: String, changes: [Change])] {
    var rest = before
    var compared = now.map { audit -> (audit: String, changes: [Change]) in
        guard let index = rest.firstIndex(where: { $0.name == audit.name }) else {
            return (audit.name, [Change(.newAudit, name: audit.name)])
        }
        let earlier = rest.remove(at: index)
        return (audit.name, Comparison(of: Comparand(audit), against: Comparand(earlier)).changes)
    }
    for name in rest.map(\.name) + lost where !compared.contains(where: { $0.audit == name }) {
        compared.append((name, [Change(.lostAudit, name: name)]))
    }
    return compared
}
