/// The verdict on one subject. Pure: the same observation always gives the same audit.
///
/// Never a false pass: each rule below adds a reason for all that was not observed, and a pass has no reasons.
public func judge(_ name: String, _ whole: Observation, by request: AuditRequest) -> Audit {
    let observation = whole.judged(request.process)
    let processes = observation.ledger.processes
    let all =
        processes.flatMap { Violation.all(in: $0, policy: request.policy, scope: request.scope) }
        + Violation.kernel(in: processes, limits: request.kernelLimits, scope: request.scope)
    let interposer = interposerView(whole)
    let witnesses = Witnesses(
        interposer: interposer.witness,
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
    let coverage = Coverage(request)
    let allowances = Allowances(
        budgets: budgets, suppressions: suppressions,
        kernelLimits: request.kernelLimits.map { KernelLimitUse($0, observation, request.scope) },
        strict: request.strict)
    let (violations, baseline) = Comparand(
        violations: unsuppressed, processes: processes, witnesses: witnesses, settledAfter: settled,
        scope: request.scope.text, coverage: coverage, allowances: allowances
    ).known(to: request.baseline, name)
    let gate = allowances.reasons(baseline)

    let failure = failureReason(observation, expected: request.expectedStatus)
    var reasons =
        violations.isEmpty
        ? []
        : [Reason("in the steady phase: " + kinds(of: violations), .violated(Set(violations.map(\.kind.family))))]
    reasons += gate + [failure].compactMap(\.self) + endReasons(observation, violated: !violations.isEmpty)
    reasons += budgets.compactMap(\.unknownReason)
    reasons += interposerReasons(interposer, observation, request)
    reasons += kernelSideReasons(observation, request)
    reasons += observation.unknownSites.map {
        Reason("--kernel-limit \($0.text): the running kernel has no function of this name", .knownSite)
    }
    reasons += askedForReasons(witnesses, request, hasStarted: observation.pid != nil)
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
        reasons: reasons.map(\.what),
        remedies: reasons.remedies,
        failure: failure?.what,
        notes: patternNotes(whole, request) + allowances.kernelLimits.compactMap(\.note) + phaseNotes(observation)
            + windowNotes(observation.window) + exitNotes(observation) + attachNotes(observation) + poolNotes(processes)
            + unseenProgramNotes(observation) + idleChildNotes(observation, request) + missingNames(observation),
        subject: observation.subject,
        lock: LockSummary(of: processes, limit: observation.memlockLimit),
        witnesses: witnesses,
        settledAfter: settled,
        scope: request.scope.text,
        coverage: coverage,
        enforce: request.enforce,
        phasesFoundBy: processes.phaseSource,
        phases: observation.ledger.total,
        violations: violations,
        allowances: allowances,
        baseline: baseline,
        differences: observation.attached == nil ? observation.syscalls.differences(of: processes) : [],
        squeeze: observation.squeeze,
        hang: observation.hang,
        processes: processes + unobservedProcesses(observation.ledger))
}

/// Witnesses that must be there, since an option of the user's asks for what they see, or since it is judged.
private func askedForReasons(_ witnesses: Witnesses, _ request: AuditRequest, hasStarted: Bool) -> [Reason] {
    var reasons: [Reason?] = []
    switch witnesses.syscalls.status {
    case .partial: reasons.append(witnesses.syscalls.reason())
    case .unavailable where request.syscalls.isByName:
        reasons.append(witnesses.syscalls.reason("the syscalls witness is asked for: "))
    case .unavailable where request.policy.judgesMappings && hasStarted:
        let why = witnesses.syscalls.reason ?? ""
        reasons.append(
            Reason(
                "mapping calls are judged, and no witness of the kernel's side watched them: \(why)",
                request.syscalls == .off ? .leaveOutOff : .watchMappings))
    default: break
    }
    if request.kernel == .require { reasons.append(witnesses.kernel.reason("--kernel require: ")) }
    if !request.kernelLimits.isEmpty { reasons.append(witnesses.kernel.reason("--kernel-limit is given: ")) }
    return reasons.compactMap(\.self)
}

extension BudgetUse {
    fileprivate var unknownReason: Reason? {
        guard status == .unknown else { return nil }
        return Reason("--budget \(budget) is not known to be kept: \(reason ?? "")", .unknownBudget)
    }
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

// MARK: the subject

private func failureReason(_ observation: Observation, expected: Int32) -> Reason? {
    // It was stopped because that is what was asked for: how it ended is no failure of its own.
    if observation.wasStopped { return nil }
    if let failure = squeezeFailure(observation) ?? observation.failure { return failure }
    if !observation.obstacles.isEmpty || observation.attached != nil { return nil }
    let exit = observation.subject.exit
    guard let status = exit.status else { return Reason("the subject did not start", .alone) }
    if status == expected { return nil }
    let wanted = expected == 0 ? "" : ", not with status \(expected)"
    return Reason(
        exit.signal.map { "the subject was killed by signal \($0)\(wanted)" }
            ?? "the subject exited with status \(status)\(wanted)", .expect(status))
}

extension Observation {
    /// `--enforce abort` ended one of its processes.
    fileprivate var wasStopped: Bool { ledger.processes.contains(where: \.aborted) }
}

/// What came after the observation's end.
private func endReasons(_ observation: Observation, violated: Bool) -> [Reason] {
    var reasons: [Reason] = []
    if !violated && observation.wasStopped {
        reasons.append(
            Reason(
                "it was stopped at a violation that is accepted: later events were not observed", .enforceReport))
    }
    reasons += observation.obstacles
    if let pids = observation.leftBehind {
        reasons.append(
            Reason(
                "processes that the subject left behind still run\(inWords(pids)): their later events are not in the ledger",
                .wait))
    }
    return reasons
}

private func inWords(_ pids: [Int32]) -> String {
    guard !pids.isEmpty else { return "" }
    let named = pids.prefix(4).map(String.init).joined(separator: ", ")
    return " (pid \(named)" + (pids.count > 4 ? " and \(pids.count - 4) more)" : ")")
}

private func kinds(of violations: [Violation]) -> String {
    EventKind.allCases.compactMap { kind -> String? in
        let calls = violations.lazy.filter { $0.kind == kind }.reduce(0) { $0 + $1.calls }
        return calls > 0 ? kind.text(calls) : nil
    }.joined(separator: ", ")
}
