/// What the user lets pass, and what was used of it. Against a baseline it may not grow (docs/baselines.md).
struct Allowances {
    let budgets: [BudgetUse]
    let suppressions: [SuppressionUse]
    let kernelLimits: [KernelLimitUse]
    /// What is stale is a failure.
    let strict: Bool

    /// What it lets pass that an earlier one's would not, in words.
    ///
    /// - Parameter judged: the kinds that are violations now.
    func losses(since before: Allowances, judged: [EventKind]) -> [String] {
        let (judged, now, earlier) = (Set(judged), budgets.read, before.budgets.read)
        let taking = now.filter { $0.takes(judged) }
        let raised = taking.filter { budget in !earlier.contains { $0.isLike(budget) && $0.limit >= budget.limit } }
        let gone = earlier.filter { budget in !now.contains { $0.isLike(budget) && $0.limit <= budget.limit } }
        return raised.map { budget in
            "--budget \(budget.text), and before \(earlier.first { $0.isLike(budget) }?.text ?? "none")"
        } + gone.filter { budget in isMissed(budget, taking, judged) }.map { "no --budget \($0.text)" }
            + suppressions.filter { use in !before.suppressions.contains { $0.covers(use) } }.map {
                "the suppression '\($0.name)', and before none of its kinds and frames"
            } + (before.strict && !strict ? ["no --strict"] : [])
    }

    /// Whether less fails without a budget: it limited what is no violation by itself, or others take now what it limited.
    private func isMissed(_ budget: Budget, _ taking: [Budget], _ judged: Set<EventKind>) -> Bool {
        budget.limitsMore(than: judged)
            || taking.contains { !$0.isLike(budget) && !$0.kinds.isDisjoint(with: budget.kinds) }
            || suppressions.contains { $0.kinds.map { !budget.kinds.isDisjoint(with: $0) } ?? true }
    }
}

extension Audit {
    var allowances: Allowances {
        Allowances(budgets: budgets, suppressions: suppressions, kernelLimits: kernelLimits, strict: strict)
    }
}

extension [BudgetUse] {
    /// A text that is none takes nothing: a stored report may hold any.
    fileprivate var read: [Budget] { compactMap { try? Budget($0.budget) } }
}

extension SuppressionUse {
    /// Whether it matches all that another does: its name does not count.
    fileprivate func covers(_ other: SuppressionUse) -> Bool {
        guard let kinds, let frames, let others = other.kinds else { return false }
        return frames == other.frames && Set(others).isSubset(of: kinds)
    }
}
