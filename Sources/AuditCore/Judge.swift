/// The verdict on one subject. Pure: the same observation always gives the same audit.
///
/// Never a false pass: each rule below adds a reason for whatever it could not see, and a pass has none.
public func judge(_ name: String, _ observation: Observation, by requirements: Requirements) -> Audit {
    let processes = observation.ledger.processes
    let all = processes.flatMap { Violation.all(in: $0, policy: requirements.policy, scope: requirements.scope) }
    let (violations, suppressions) = all.suppressed(by: requirements.suppressions)
    let witnesses = Witnesses(
        interposer: interposerWitness(observation),
        syscalls: observation.syscalls,
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
    if let reason = witnesses.syscalls.reason {
        if witnesses.syscalls.status == .partial { reasons.append(reason) }
        if witnesses.syscalls.status == .unavailable && observation.syscallsRequired {
            reasons.append("the syscalls witness is asked for: \(reason)")
        }
    }
    if requirements.kernel == .require, let reason = witnesses.kernel.reason { reasons.append(reason) }
    reasons += lockReasons(observation, requirements)
    // Without the interposer there is nothing to say of phases.
    if witnesses.interposer.status != .unavailable { reasons += coverageReasons(observation, requirements) }
    reasons += scopeReasons(observation, requirements)
    reasons += lossReasons(processes, violated: !all.isEmpty)

    return Audit(
        name: name,
        verdict: violations.isEmpty ? (reasons.isEmpty ? .pass : .inconclusive) : .fail,
        reasons: reasons,
        subjectFailed: failureReason(observation) != nil,
        subject: observation.subject,
        lock: LockSummary(of: processes),
        witnesses: witnesses,
        settledAfter: settledAfter(processes, policy: requirements.policy, scope: requirements.scope),
        scope: requirements.scope.text,
        enforce: observation.enforce,
        phasesFoundBy: processes.contains(where: \.phasesByMarker) ? .markers : .transfers,
        phases: observation.ledger.total,
        violations: violations,
        suppressions: suppressions,
        differences: observation.syscalls.differences(of: processes),
        processes: processes + unobservedProcesses(observation.ledger))
}

// MARK: the subject

private func failureReason(_ observation: Observation) -> String? {
    if let failure = observation.failure { return failure }
    if !observation.obstacles.isEmpty { return nil }
    // Stopping it is what was asked for.
    if observation.ledger.processes.contains(where: \.aborted) { return nil }
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
                + (observation.whyUnseen.map { ": \(observation.subject.command[0]) \($0)" }
                    ?? " (another libc, or an interposer of another version?)"))
    }
    if observation.isStatic {
        return .partial(
            "\(observation.subject.command[0]) is a static program, which loads no interposer: only programs that it "
                + "started were observed")
    }
    return gap(in: ledger).map(Witness.partial) ?? .active
}

/// What of the subject the interposer did not see, in words.
private func gap(in ledger: Ledger) -> String? {
    if let process = ledger.processes.first(where: { $0.ownHeap != nil }), let heap = process.ownHeap {
        return "\(name(of: process)): \(heap)"
    }
    if let reason = ledger.processes.lazy.compactMap(bypass).first { return reason }
    if ledger.imagesRefused > 0 {
        return "the interposer could not attach to \(plural(ledger.imagesRefused, "program"))"
    }
    if let unseen = unseenPrograms(ledger.unseenPrograms) { return unseen }
    if ledger.imagesUnseen > 0 {
        return "\(plural(ledger.imagesUnseen, "program")) that the subject started did not load the interposer (static "
            + "or set-uid, another libc, or an environment without LD_PRELOAD): not observed"
    }
    if ledger.imagesBeyondTable > 0 {
        return "the ledger had no place for \(plural(ledger.imagesBeyondTable, "program"))"
    }
    if ledger.lostProcesses > 0 {
        return "the ledger had no place for \(plural(ledger.lostProcesses, "forked process", "es"))"
    }
    if let stranger = ledger.strangers.first(where: { $0.whyUnobserved == nil }) {
        return "process \(stranger.pid) maps memory and never reported: not observed"
    }
    return ledger.processes.first { !$0.attached }.map {
        "the interposer began to attach to \(name(of: $0)), but did not finish"
    }
}

/// How a process comes to functions that are not the interposer's, in words.
private func bypass(_ process: ProcessLedger) -> String? {
    let bypasses = process.bypasses
    if let function = bypasses.taken {
        return "\(name(of: process)) brings its own \(function), whose calls pass the interposer by"
    }
    if bypasses.deepBindings > 0 {
        return
            "\(name(of: process)) called dlopen with RTLD_DEEPBIND \(plural(bypasses.deepBindings, "time")): what it "
            + "loaded so calls libc past the interposer"
    }
    if bypasses.namespaces > 0 {
        return "\(name(of: process)) called dlmopen \(plural(bypasses.namespaces, "time")) for a namespace of its own, "
            + "which has another libc"
    }
    if let function = bypasses.lookedUp {
        return "\(name(of: process)) looked up \(function) in a library by dlsym, whose calls pass the interposer by"
    }
    return process.lost.modules > 0
        ? "\(name(of: process)) has \(plural(process.lost.modules, "loaded file")) more than the ledger has room for: they "
            + "may have heaps of their own" : nil
}

private func unseenPrograms(_ programs: [UnseenProgram]) -> String? {
    guard !programs.isEmpty else { return nil }
    let named = programs.prefix(3).map { "\($0.path) (pid \($0.pid)) \($0.why)" }.joined(separator: "; ")
    return "not observed: \(named)" + (programs.count > 3 ? "; and \(programs.count - 3) more programs" : "")
}

/// The report's ledgers of processes that have none: what is known of them is that they were there.
private func unobservedProcesses(_ ledger: Ledger) -> [ProcessLedger] {
    let silent = ledger.unseenPrograms.filter { program in !ledger.strangers.contains { $0.pid == program.pid } }
    return ledger.strangers
        + silent.map { program in
            var process = ProcessLedger(pid: program.pid, parentPid: 0, executable: program.path)
            process.observed = false
            process.whyUnobserved = program.why
            for phase in Phase.allCases { process.phases[phase].faultsKnown = false }
            return process
        }
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
        if !process.phases[.steady].faultsKnown && faultsMatter && process.threadPhasesOpen == 0 {
            reasons.append(
                "page faults of the steady phase are not known in full for \(name(of: process)): "
                    + "it ended within that phase, without exit")
        }
        if process.directCalls > 0 {
            reasons.append(
                "\(name(of: process)) made \(plural(process.directCalls, "direct system call")) (syscall(2)) that "
                    + "transfer or exec, past what is counted")
        }
        let unseen = observation.unseenDirectCalls(of: process)
        if unseen > 0 {
            reasons.append(
                "\(name(of: process)) made \(plural(unseen, "direct system call")) (syscall(2)) that map or unlock, which "
                    + "only the syscalls witness sees, by perf's tracepoint or seccomp")
        }
        reasons += process.otherCallReasons
        if process.uncertainSyscalls > 0 {
            reasons.append(
                "\(name(of: process)) entered more phases and allowed regions than the ledger holds: "
                    + "\(plural(process.uncertainSyscalls, "system call")) could not be told apart")
        }
        if process.threadPhasesOpen > 0 {
            reasons.append(
                "\(plural(process.threadPhasesOpen, "thread")) of \(name(of: process)) ended in a phase of their own: "
                    + "their last page faults are not known")
        }
        for region in process.regions where region.allowed && region.entered != region.left {
            reasons.append(
                "\(name(of: process)) began the allowed region '\(region.name)' \(plural(region.entered, "time")) and "
                    + "ended it \(region.left): what came after may hide in it")
        }
        if process.unbalancedRegions > 0 {
            reasons.append(
                "\(name(of: process)) ended \(plural(process.unbalancedRegions, "region")) that it was not in")
        }
        if process.unknownMarkers > 0 {
            reasons.append(
                "\(name(of: process)) called dioaudit_phase() \(plural(process.unknownMarkers, "time")) with a name "
                    + "that is no phase: '\(process.unknownMarker)'")
        }
    }
    return reasons
}

extension Witness {
    fileprivate func differences(of processes: [ProcessLedger]) -> [WitnessDifference] {
        guard status != .unavailable else { return [] }
        let seen: [EventKind] = method == .perfMappings ? [.syscallMmap, .syscallBrk] : EventKind.systemCalls
        return processes.flatMap(reconcile).filter { seen.contains($0.kind) }
    }
}

extension Observation {
    /// Calls by number that the syscalls witness would have counted, had it looked or looked in another way.
    fileprivate func unseenDirectCalls(of process: ProcessLedger) -> UInt64 {
        if syscalls.status == .unavailable { return process.directMappings + process.directRemappings }
        return syscalls.method == .perfMappings ? process.directRemappings : 0
    }
}

private func lossReasons(_ processes: [ProcessLedger], violated: Bool) -> [String] {
    processes.flatMap { process -> [String] in
        var reasons: [String] = []
        if process.lost.files > 0 {
            reasons.append(
                "\(name(of: process)) opened \(plural(process.lost.files, "O_DIRECT file")) more than can be followed: "
                    + "their transfers were not seen")
        }
        // Counts lead: without a violation, what found no place was nothing that is judged.
        if process.lost.sites > 0 && violated {
            reasons.append(
                "\(plural(process.lost.sites, "call")) of \(name(of: process)) are counted, but their stacks found no "
                    + "place")
        }
        if process.lost.regions > 0 {
            reasons.append(
                "\(plural(process.lost.regions, "region")) of \(name(of: process)) found no place: what happened in them "
                    + "is not listed")
        }
        return reasons
    }
}

private func scopeReasons(_ observation: Observation, _ requirements: Requirements) -> [String] {
    let processes = observation.ledger.processes
    guard requirements.scope != .process, observation.interposerMissing == nil else { return [] }
    var reasons: [String] = []
    if !processes.contains(where: { $0.threads.contains(where: requirements.scope.judges) }) {
        reasons.append("no thread is in the scope '\(requirements.scope.text)'")
    }
    for process in processes {
        let nameless = process.uncountedByNameless(requirements.scope)
        if nameless > 0 {
            reasons.append(
                "\(plural(nameless, "system call")) of \(name(of: process))'s steady phase were made by a thread whose "
                    + "name is not known")
        }
        let faults = process.unattributedFaults(requirements.scope)
        if faults > 0 && requirements.policy.forbids(.pageFaultMinor) {
            reasons.append(
                "\(plural(faults, "page fault")) of \(name(of: process))'s steady phase may be those of a thread in the "
                    + "scope that has ended")
        }
        if process.lost.threadCalls > 0 {
            reasons.append(
                "\(plural(process.lost.threadCalls, "call")) of \(name(of: process)) are counted, but not by which thread"
            )
        }
    }
    return reasons
}

extension ProcessLedger {
    /// System calls that the kernel saw in the steady phase, beyond those made through libc, that are no event's.
    fileprivate var otherCallReasons: [String] {
        OtherCall.allCases.compactMap { call in
            let interposed: UInt64 =
                switch call {
                case .mlockall: phases[.steady].events[.mlockall].calls
                case .munlock: phases[.steady].events[.munlock].calls
                case .munlockall: phases[.steady].events[.munlockall].calls
                case .shmat, .remapFilePages: 0
                }
            let seen = otherCalls[call] ?? 0
            guard seen > interposed else { return nil }
            return "the kernel saw \(plural(seen - interposed, "\(call.rawValue) system call")) in the steady phase of "
                + "\(name(of: self)) that nothing else accounts for"
        }
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
