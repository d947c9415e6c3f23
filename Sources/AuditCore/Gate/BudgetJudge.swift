extension [Violation] {
    /// Those that no budget allows, and what was used of each budget: the first that holds a violation takes it, unless one that
    /// holds it is exceeded.
    func budgeted(
        by budgets: [Budget], _ observation: Observation, _ request: AuditRequest, interposer: Witness,
        settledAfter: UInt64?
    ) -> (remaining: [Violation], uses: [BudgetUse]) {
        guard !budgets.isEmpty else { return (self, []) }
        var code = OwnCode()
        let own = map { violation in code.index(in: violation.stack).map { violation.stack[$0] } }
        let held = budgets.map { budget in indices.filter { budget.holds(self[$0], ownFrame: own[$0]) } }
        var uses = budgets.indices.map { index in
            let budget = budgets[index]
            if let reason = budget.unknown(observation, request, interposer, settledAfter, violated: !isEmpty) {
                return BudgetUse(budget, unknown: reason)
            }
            return BudgetUse(
                budget, used: budget.used(by: held[index].map { self[$0] }, observation, request, settledAfter))
        }
        var takers: [Int?] = [Int?](repeating: nil, count: count)
        for index in budgets.indices.reversed() where uses[index].status == .kept {
            for violation in held[index] { takers[violation] = index }
        }
        for index in budgets.indices where uses[index].status != .kept {
            for violation in held[index] { takers[violation] = nil }
        }
        for (violation, taker) in zip(self, takers) {
            if let taker { uses[taker].violations.append(violation) }
        }
        return (zip(self, takers).filter { $0.1 == nil }.map(\.0), uses)
    }
}

extension Budget {
    fileprivate func used(
        by violations: [Violation], _ observation: Observation, _ request: AuditRequest, _ settledAfter: UInt64?
    ) -> Double {
        let processes = observation.ledger.processes
        switch measure {
        case .lockedBytes: return Double(LockSummary(of: processes, limit: nil).lockedBytes)
        case .settledAfter: return Double(settledAfter ?? .max)
        case .calls, .callsPerTransfer, .bytes: break
        }
        var count = EventCount()
        for violation in violations { count += EventCount(calls: violation.calls, bytes: violation.bytes) }
        for kind in EventKind.allCases where counts(kind, request.policy) {
            for process in processes {
                count += phase == .steady ? process.judged(request.scope)[kind] : process.phases[phase].events[kind]
            }
        }
        if measure == .bytes { return Double(count.bytes) }
        guard measure == .callsPerTransfer, count.calls > 0 else { return Double(count.calls) }
        let transfers = processes.reduce(0) { $0 + $1.phases[phase].transfers }
        return transfers > 0 ? Double(count.calls) / Double(transfers) : .greatestFiniteMagnitude
    }

    /// Whether a kind is one whose events it counts by the ledger: no violation shows those.
    private func counts(_ kind: EventKind, _ policy: Policy) -> Bool {
        guard case .all = selector else { return false }
        if phase == .steady { return named.contains(kind) && !policy.forbids(kind) }
        return named.contains(kind) || kinds.contains(kind) && policy.forbids(kind)
    }

    /// Why it is not known what was used, in words: what was not seen is not zero.
    fileprivate func unknown(
        _ observation: Observation, _ request: AuditRequest, _ interposer: Witness, _ settledAfter: UInt64?,
        violated: Bool
    ) -> String? {
        let processes = observation.ledger.processes
        switch measure {
        case .lockedBytes:
            let steady = processes.filter(\.steadyReached)
            return steady.isEmpty || !steady.allSatisfy(\.lock.observed) ? "the locked memory was not read" : nil
        case .settledAfter:
            return settledAfter == nil && !violated ? "when it settled was not observed" : nil
        case .calls, .callsPerTransfer, .bytes: break
        }
        let counted = EventKind.allCases.filter { counts($0, request.policy) }
        let isInterposed = counted.contains { [.heap, .mapping, .locking].contains($0.family) }
        if isInterposed, interposer.status != .active {
            return interposer.reason ?? "the interposer did not see all of it"
        }
        if counted.contains(where: { $0.family == .systemCall }), observation.syscalls.status != .active {
            return observation.syscalls.reason ?? "the syscalls witness did not see all of it"
        }
        let countsFaults = counted.contains { $0.family == .pageFault }
        if countsFaults, processes.contains(where: { !$0.phases[phase].faultsKnown }) {
            return "the page faults of the \(phase.rawValue) phase are not known"
        }
        return nil
    }
}
