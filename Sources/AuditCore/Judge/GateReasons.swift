extension Allowances {
    /// Why an audit fails beside its violations, in words: none if it does not.
    func reasons(_ baseline: BaselineUse?) -> [Reason] {
        var reasons = budgets.filter { $0.status == .exceeded }.map {
            Reason("--budget \($0.budget) is exceeded", .budget)
        }
        for kind in Change.Kind.allCases where kind.isWorse {
            let count = baseline?.changes.count { $0.kind == kind } ?? 0
            if count > 0 { reasons.append(Reason("worse than the baseline: \(kind.text(count))", .baseline)) }
        }
        guard strict else { return reasons }
        reasons += suppressions.filter(\.isStale).map {
            Reason("--strict: the suppression '\($0.name)' is stale", .staleSuppression)
        }
        reasons += budgets.filter(\.isStale).map { Reason("--strict: --budget \($0.budget) is stale", .staleBudget) }
        return reasons
            + kernelLimits.filter(\.isStale).map {
                Reason("--strict: --kernel-limit \($0.limit) is stale", .staleLimit)
            }
    }
}

extension Change.Kind {
    fileprivate func text(_ count: Int) -> String {
        let count = UInt64(count)
        return switch self {
        case .lostAudit: plural(count, "lost audit")
        case .lostWitness: plural(count, "lost witness", "es")
        case .lostCoverage: "\(count) of what it judges is lost"
        case .newPlace: plural(count, "new place")
        case .moreCalls: plural(count, "place") + " with more calls"
        case .laterSettling: "it settles later"
        case .newAudit, .gainedWitness, .gonePlace, .fewerCalls, .earlierSettling: ""
        }
    }
}
