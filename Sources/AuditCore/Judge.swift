/// The verdict on one subject. Pure: the same observation always gives the same audit.
///
/// Never a false pass: each rule below adds a reason for whatever it could not see, and a pass has none.
public func judge(_ name: String, _ observation: Observation, by requirements: Requirements) -> Audit {
    let processes = observation.ledger.processes
    let (violations, suppressions) = processes.flatMap { Violation.all(in: $0, policy: requirements.policy) }
        .suppressed(by: requirements.suppressions)
    let witnesses = Witnesses(
        interposer: interposerWitness(observation),
        syscalls: .unavailable(Witness.notYet("the syscalls witness")),
        kernel: .unavailable(
            requirements.kernel == .off ? "--kernel off" : Witness.notYet("the kernel witness")))

    var reasons: [String] = []
    if !violations.isEmpty { reasons.append(summary(of: violations)) }
    if let failure = failureReason(observation) { reasons.append(failure) }
    reasons += observation.obstacles
    if observation.descendantsRun {
        reasons.append(
            "processes that the subject left behind still run: what they do from now on is not in the ledger")
    }
    if let reason = witnesses.interposer.reason { reasons.append(reason) }
    if requirements.kernel == .require, let reason = witnesses.kernel.reason { reasons.append(reason) }
    reasons += lockReasons(observation, requirements)
    // Without the interposer there is nothing to say of phases.
    if witnesses.interposer.status != .unavailable { reasons += coverageReasons(observation, requirements) }
    reasons += lossReasons(processes)

    return Audit(
        name: name,
        verdict: violations.isEmpty ? (reasons.isEmpty ? .pass : .inconclusive) : .fail,
        reasons: reasons,
        subjectFailed: failureReason(observation) != nil,
        subject: observation.subject,
        lock: LockSummary(of: processes),
        witnesses: witnesses,
        settledAfter: settledAfter(processes, policy: requirements.policy),
        phasesFoundBy: processes.contains(where: \.phasesByMarker) ? .markers : .transfers,
        phases: observation.ledger.total,
        violations: violations,
        suppressions: suppressions,
        processes: processes)
}

// MARK: the subject

private func failureReason(_ observation: Observation) -> String? {
    if let failure = observation.failure { return failure }
    if !observation.obstacles.isEmpty { return nil }
    let exit = observation.subject.exit
    if let signal = exit.signal { return "the subject was killed by signal \(signal)" }
    if let code = exit.code, code != 0 { return "the subject exited with status \(code)" }
    return exit.code == nil ? "the subject did not start" : nil
}

private func summary(of violations: [Violation]) -> String {
    let kinds = EventKind.allCases.compactMap { kind -> String? in
        let calls = violations.lazy.filter { $0.kind == kind }.reduce(0) { $0 + $1.calls }
        return calls > 0 ? "\(calls) \(kind.noun)" : nil
    }
    return "in the steady phase: " + kinds.joined(separator: ", ")
}

// MARK: the interposer

extension Witness {
    fileprivate static func notYet(_ name: String) -> String {
        "\(name) is not in this version of dioaudit yet"
    }
}

private func interposerWitness(_ observation: Observation) -> Witness {
    if let missing = observation.interposerMissing { return .unavailable(missing) }
    let ledger = observation.ledger
    guard let pid = observation.pid, ledger.processes.contains(where: { $0.pid == pid && $0.attached }) else {
        return .unavailable(
            "the interposer did not report from the subject"
                + (ledger.imagesRefused > 0 ? ": it could not attach to the ledger" : "")
                + " (a static or set-uid program, another libc, or an interposer of another version?)")
    }
    if observation.isStatic {
        return .partial(
            "\(observation.subject.command[0]) is a static program, which loads no interposer: only programs that it "
                + "started were observed")
    }
    if let process = ledger.processes.first(where: \.definesMalloc) {
        return .partial("\(name(of: process)) brings its own malloc, whose calls pass the interposer by")
    }
    if ledger.imagesRefused > 0 {
        return .partial("the interposer could not attach to \(plural(ledger.imagesRefused, "program"))")
    }
    if ledger.imagesUnseen > 0 {
        return .partial(
            "\(plural(ledger.imagesUnseen, "program")) that the subject started did not load the interposer (static or "
                + "set-uid, another libc, or an environment without LD_PRELOAD): not observed")
    }
    if ledger.imagesBeyondTable > 0 {
        return .partial("the ledger had no place for \(plural(ledger.imagesBeyondTable, "program"))")
    }
    if ledger.lostProcesses > 0 {
        return .partial("the ledger had no place for \(plural(ledger.lostProcesses, "forked process", "es"))")
    }
    if let process = ledger.processes.first(where: { !$0.attached }) {
        return .partial("the interposer began to attach to \(name(of: process)), but did not finish")
    }
    return .active
}

// MARK: what was seen

private func coverageReasons(_ observation: Observation, _ requirements: Requirements) -> [String] {
    let processes = observation.ledger.processes
    let total = observation.ledger.total
    let steady = total[.steady]
    var reasons: [String] = []
    if processes.contains(where: \.steadyReached) {
        if steady.transfers < max(1, requirements.minimumTransfers) {
            reasons.append(
                "the steady phase holds \(plural(steady.transfers, "transfer")), "
                    + "and at least \(max(1, requirements.minimumTransfers)) are asked for")
        }
    } else if case let early = total.all.reduce(0, { $0 + $1.transfers }), early > 0 {
        reasons.append("the steady phase was not reached: all \(plural(early, "transfer")) came before it")
    } else {
        reasons.append("no transfer on an O_DIRECT file was seen")
    }
    let faultsMatter = requirements.policy.forbids(.pageFaultMinor) || requirements.policy.forbids(.pageFaultMajor)
    for process in processes {
        if !process.phases[.steady].faultsKnown && faultsMatter {
            reasons.append(
                "page faults of the steady phase are not known in full for \(name(of: process)): "
                    + "it ended within that phase, without exit")
        }
        if process.directCalls > 0 {
            reasons.append(
                "\(name(of: process)) made \(plural(process.directCalls, "direct system call")) (syscall(2)) that map, "
                    + "unlock, transfer or exec, past what is counted")
        }
        if process.unknownMarkers > 0 {
            reasons.append(
                "\(name(of: process)) called dioaudit_phase() \(plural(process.unknownMarkers, "time")) with a name "
                    + "that is no phase")
        }
    }
    return reasons
}

private func lossReasons(_ processes: [ProcessLedger]) -> [String] {
    processes.flatMap { process -> [String] in
        var reasons: [String] = []
        if process.lost.files > 0 {
            reasons.append(
                "\(name(of: process)) opened \(plural(process.lost.files, "O_DIRECT file")) more than can be followed: "
                    + "their transfers were not seen")
        }
        if process.lost.sites > 0 {
            reasons.append(
                "\(plural(process.lost.sites, "call")) of \(name(of: process)) are counted, but their stacks found no "
                    + "place")
        }
        return reasons
    }
}

// MARK: the lock

private func lockReasons(_ observation: Observation, _ requirements: Requirements) -> [String] {
    // A forked child does not inherit the lock (mlockall(2)), and nor does what exec makes of a process.
    let subjectLocks = observation.ledger.processes.contains { $0.lock.calls > 0 }
    return observation.ledger.processes.compactMap { process in
        let lock = process.lock
        guard requirements.lock.applies(subjectLocks: subjectLocks) else { return nil }
        let succeededLater = lock.flags.union(lock.flagsAtSteady).contains(.future)
        if lock.errno != 0 && !succeededLater { return lockFailure(process, limit: observation.memlockLimit) }
        guard process.steadyReached, !lock.inEffectThroughSteady else { return nil }
        if lock.lostInSteady { return "\(name(of: process)) gave up its memory lock in the steady phase" }
        return lock.calls == 0
            ? "the memory lock is required, and \(name(of: process)) never called mlockall(MCL_CURRENT|MCL_FUTURE)"
            : "the memory lock is required, and MCL_FUTURE was not in effect in \(name(of: process)) when its steady "
                + "phase began"
    }
}

private func lockFailure(_ process: ProcessLedger, limit: UInt64?) -> String {
    let cause =
        switch process.lock.errno {
        case 1: "EPERM"
        case 11: "EAGAIN"
        case 12: "ENOMEM"
        case let number: "errno \(number)"
        }
    let kib = (process.lock.bytesNeeded + 1023) / 1024
    let allowed = limit.map { "\($0 / 1024) KiB" } ?? "no limit"
    return "mlockall failed in \(name(of: process)) (\(cause)): it needs \(kib) KiB, RLIMIT_MEMLOCK is \(allowed); "
        + "raise it with 'ulimit -l \(kib)', 'memlock' in /etc/security/limits.conf, or systemd's LimitMEMLOCK="
}

// MARK: words

private func name(of process: ProcessLedger) -> String {
    let file = process.executable.split(separator: "/").last.map(String.init) ?? "process"
    return "\(file) (pid \(process.pid))"
}

private func plural(_ count: some BinaryInteger, _ noun: String, _ ending: String = "s") -> String {
    "\(count) \(noun)\(count == 1 ? "" : ending)"
}
