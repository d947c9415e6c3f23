import AuditCore

/// Formats that people read in a list show so many places of an audit, the worst, and say how many more there are.
let mostListed = 10

/// Of a report without audits, which is no pass.
let nothingAudited = "nothing was audited"

extension Audit {
    /// `99 steady transfers without a violation`
    var outcome: String {
        let steady = Figures.count(phases[.steady].transfers, "steady transfer")
        let calls = violations.reduce(0) { $0 + $1.calls }
        return switch verdict {
        case .pass: "\(steady) without a violation"
        case .fail where !violations.isEmpty:
            "\(Figures.count(calls, "violation")) from \(Figures.count(places.count, "place")) in \(steady)"
        case .fail, .inconclusive: printable(reasons.first ?? "not enough was observed for a pass")
        }
    }

    /// `pass: 99 steady transfers without a violation, 3 suppressed`
    var verdictAndOutcome: String {
        let suppressed = suppressions.reduce(0) { $0 + $1.calls }
        return "\(verdict.rawValue): \(outcome)" + (suppressed > 0 ? ", \(suppressed) suppressed" : "")
            + knownText(self)
    }
}
