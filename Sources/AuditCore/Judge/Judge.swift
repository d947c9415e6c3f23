/// The verdict on one subject. Pure: the same observation always gives the same audit.
///
/// Never a false pass: each rule below adds a reason for all that was not observed, and a pass has no reasons.
public func judge(_ name: String, _ whole: Observation, by request: AuditRequest) -> Audit {
    let observation = whole.judged(request.process)
    let processes = observation.ledger.processes
    let all =
        processes.flatMap { Violation.all(in: $0, policy: request.policy, scope: request.scope) }
        + Violation.kernel(in: processes, limits: request.kernelLimits, scope: request.scope)
    let witnesses = Witnesses(
        interposer: interposerWitness(whole),
        syscalls: observation.syscalls,
        kernel: observation.kernel,
        transfers: observation.transfers,
        accounting: accountingWitness(observation),
        pages: pagesWitness(observation),
        heap: heapWitness(observation))
    let settled = settledAfter(processes, policy: request.policy, scope: request.scope)

    let (unbudgeted, budgets) = all.budgeted(
        by: request.budgets, observation, request, interposer: witnesses.interposer,
        settledAfter: settled)
    let (unsuppressed, suppressions) = unbudgeted.suppressed(by: request.suppressions)
    let (violations, baseline) = unsuppressed.known(
        to: request.baseline, name, processes: processes, witnesses: witnesses, settledAfter: settled)
    let gate = gateReasons(budgets, baseline, suppressions, strict: request.strict)

    var reasons: [String] = []
    if !violations.isEmpty { reasons.append(summary(of: violations)) }
    reasons += gate
    let failure = failureReason(observation, expected: request.expectedStatus)
    if let failure { reasons.append(failure) }
    if violations.isEmpty && observation.wasStopped {
        reasons.append("it was stopped at a violation that is accepted: later events were not observed")
    }
    reasons += observation.obstacles
    for use in budgets where use.status == .unknown {
        reasons.append("--budget \(use.budget) is not known to be kept: \(use.reason ?? "")")
    }
    if let pids = observation.leftBehind {
        reasons.append(
            "processes that the subject left behind still run\(inWords(pids)): their later events are not in the ledger"
        )
    }
    // The phases, which all witnesses' counts are judged by, are the ledger's too.
    let needsInterposer = request.needsInterposer(observation) || !observation.ledger.damages.isEmpty
    if let reason = witnesses.interposer.reason, needsInterposer {
        // The kernel's side was seen all the same.
        let rest =
            observation.ledger.damages.isEmpty && processes.contains(where: \.phasesByKernel)
            ? ": its heap calls are unknown; --allow heap judges the rest" : ""
        reasons.append(reason + rest)
    }
    reasons += kernelSideReasons(observation, request)
    if let reason = witnesses.syscalls.reason {
        if witnesses.syscalls.status == .partial { reasons.append(reason) }
        if witnesses.syscalls.status == .unavailable && request.syscalls.isByName {
            reasons.append("the syscalls witness is asked for: \(reason)")
        }
    }
    if let reason = witnesses.kernel.reason {
        if request.kernel == .require { reasons.append("--kernel require: \(reason)") }
        if !request.kernelLimits.isEmpty { reasons.append("--kernel-limit is given: \(reason)") }
    }
    reasons += transferReasons(observation)
    reasons += lockReasons(observation, request)
    // Of an attached program nothing is known of phases.
    if witnesses.interposer.status != .unavailable || processes.contains(where: \.phasesByKernel) {
        reasons += coverageReasons(observation, request)
    }
    reasons += windowReasons(observation)
    reasons += memoryReasons(observation, request)
    if let attached = observation.attached { reasons += attachReasons(observation, attached, request) }
    reasons += patternReasons(whole, request)
    reasons += scopeReasons(observation, request)
    reasons += lossReasons(processes, violated: !all.isEmpty)
    reasons += accountingReasons(observation, request)
    reasons += squeezeReasons(observation)

    return Audit(
        name: name,
        verdict: violations.isEmpty && gate.isEmpty ? (reasons.isEmpty ? .pass : .inconclusive) : .fail,
        reasons: reasons,
        failure: failure,
        notes: patternNotes(whole, request) + unmetLimits(request.kernelLimits, observation) + phaseNotes(processes)
            + windowNotes(observation.window) + attachNotes(observation) + poolNotes(processes)
            + missingNames(observation),
        subject: observation.subject,
        lock: LockSummary(of: processes, limit: observation.memlockLimit),
        witnesses: witnesses,
        settledAfter: settled,
        scope: request.scope.text,
        enforce: request.enforce,
        phasesFoundBy: processes.phaseSource,
        phases: observation.ledger.total,
        violations: violations,
        suppressions: suppressions,
        budgets: budgets,
        baseline: baseline,
        strict: request.strict,
        differences: observation.attached == nil ? observation.syscalls.differences(of: processes) : [],
        squeeze: observation.squeeze,
        hang: observation.hang,
        processes: processes + unobservedProcesses(observation.ledger))
}

extension [ProcessLedger] {
    fileprivate var phaseSource: Audit.PhaseSource {
        contains(where: \.phasesByKernel) ? .kernel : contains(where: \.phasesByMarker) ? .markers : .transfers
    }
}

/// Frames without names are no reason against a pass: they are what a violation is told by, and not whether there is one.
private func missingNames(_ observation: Observation) -> [String] {
    observation.nameless.sorted { $0.key < $1.key }.map { "names unavailable for \($0): \($1)" }
}

/// Limits for call sites that allocated nothing in the steady phase: such a name may be misspelt.
private func unmetLimits(_ limits: [KernelLimit], _ observation: Observation) -> [String] {
    guard observation.kernel.status == .active, observation.ledger.processes.contains(where: \.steadyReached) else {
        return []
    }
    let allocations = observation.ledger.total[.steady].kernel
    return limits.filter { $0.namesSite && !allocations.contains(where: $0.holds) }.map {
        "--kernel-limit \($0.text): no call site of this name allocated in the steady phase; --verbose lists those that did"
    }
}

// MARK: the subject

private func failureReason(_ observation: Observation, expected: Int32) -> String? {
    // It was stopped because that is what was asked for: how it ended is no failure of its own.
    if observation.wasStopped { return nil }
    if let failure = squeezeFailure(observation) ?? observation.failure { return failure }
    if !observation.obstacles.isEmpty || observation.attached != nil { return nil }
    let exit = observation.subject.exit
    guard let status = exit.status else { return "the subject did not start" }
    if status == expected { return nil }
    let wanted = expected == 0 ? "" : ", not with status \(expected)"
    if let signal = exit.signal { return "the subject was killed by signal \(signal)\(wanted)" }
    return "the subject exited with status \(status)\(wanted)"
}

extension Observation {
    /// `--enforce abort` ended one of its processes.
    fileprivate var wasStopped: Bool { ledger.processes.contains(where: \.aborted) }
}

private func inWords(_ pids: [Int32]) -> String {
    guard !pids.isEmpty else { return "" }
    let named = pids.prefix(4).map(String.init).joined(separator: ", ")
    return " (pid \(named)" + (pids.count > 4 ? " and \(pids.count - 4) more)" : ")")
}

private func summary(of violations: [Violation]) -> String {
    let kinds = EventKind.allCases.compactMap { kind -> String? in
        let calls = violations.lazy.filter { $0.kind == kind }.reduce(0) { $0 + $1.calls }
        return calls > 0 ? kind.text(calls) : nil
    }
    return "in the steady phase: " + kinds.joined(separator: ", ")
}
