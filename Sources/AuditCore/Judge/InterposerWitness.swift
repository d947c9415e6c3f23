/// Whether the interposer saw the whole subject, and what it missed.
struct InterposerView {
    let status: Witness.Status
    let missed: Reason?

    var witness: Witness { Witness(status: status, reason: missed?.what) }
}

func interposerView(_ observation: Observation) -> InterposerView {
    if observation.attached != nil {
        return InterposerView(status: .unavailable, missed: Reason("attached from outside", .runInstead))
    }
    if let missing = observation.interposerMissing { return InterposerView(status: .unavailable, missed: missing) }
    let ledger = observation.ledger
    let damage = ledger.damages.first.map(damaged)
    guard let pid = observation.pid, ledger.processes.contains(where: { $0.pid == pid && $0.attached }) else {
        return InterposerView(status: .unavailable, missed: damage ?? noReport(observation))
    }
    let missed = damage ?? (observation.isStatic ? startedOnly(observation) : gap(in: observation))
    return InterposerView(status: missed == nil ? .active : .partial, missed: missed)
}

/// Why that is no pass, where what it sees is judged.
func interposerReasons(_ view: InterposerView, _ observation: Observation, _ request: AuditRequest) -> [Reason] {
    // The phases, which all witnesses' counts are judged by, are the ledger's too.
    let isDamaged = !observation.ledger.damages.isEmpty
    guard let missed = view.missed, request.needsInterposer(observation) || isDamaged else { return [] }
    // Without phases or without a program there is no rest.
    guard !isDamaged, observation.pid != nil else { return [missed] }
    // The kernel's side may have been seen all the same.
    let isSeen = observation.ledger.processes.contains(where: \.phasesByKernel)
    let isRoots = observation.transfers.status == .active
    return [
        Reason(
            missed.what + (isSeen ? ": its heap calls are unknown" : ""),
            Remedy("\(missed.remedy.text); or --allow heap judges the rest\(isRoots ? "" : ", as root")"))
    ]
}

private func noReport(_ observation: Observation) -> Reason {
    let isRefused = observation.ledger.imagesRefused > 0
    return Reason(
        "the interposer did not report from the subject" + (isRefused ? ": it could not attach to the ledger" : "")
            + (observation.whyUnseen.map { ": \(observation.subject.command[0]) \($0)" }
                ?? " (another libc, or an interposer of another version?)"),
        isRefused ? .keepSocket : .interposable)
}

private func startedOnly(_ observation: Observation) -> Reason {
    Reason(
        "\(observation.subject.command[0]) is a static program, which loads no interposer: only programs that it started "
            + "were observed", .interposable)
}

private func damaged(_ damage: LedgerDamage) -> Reason {
    Reason(
        "the ledger was damaged (\(damage.what), pid \(damage.pid)): a process wrote into the interposer's memory, and what it "
            + "counted there cannot be relied upon", .keepMemory)
}

/// The part of the subject that the interposer did not see.
private func gap(in observation: Observation) -> Reason? {
    let ledger = observation.ledger
    // What starts a program and transfers nothing itself, such as a container's runtime, has no steady phase.
    let judged = ledger.processes.filter { !observation.knowsThatItTransfersNothing($0) }
    // Both, since a tool that runs the program hides its file, too.
    let heaps = judged.lazy.compactMap { process in
        process.ownHeap.map { Reason("\(name(of: process)): \($0)", .libcHeap) }
    }
    let ways = [withoutLibrary(ledger), judged.lazy.compactMap(bypass).first, heaps.first].compactMap { $0 }
    if let first = ways.first { return Reason(ways.map(\.what).joined(separator: "; "), first.remedy) }
    return unattached(observation)
}

/// Children of what is judged, which share its program and may be meant to be judged, too.
func idleChildNotes(_ observation: Observation, _ request: AuditRequest) -> [String] {
    let processes = observation.ledger.processes
    let judged = Dictionary(grouping: processes.filter(\.steadyReached), by: \.image)
    let idle = processes.filter { child in
        !child.steadyReached && child.phases.transfers == 0 && child.judgedCalls(request) > 0
            && judged[child.image]?.contains { $0.pid == child.parentPid } == true
    }
    guard let first = idle.first else { return [] }
    let calls = plural(idle.reduce(0) { $0 + $1.judgedCalls(request) }, "heap and mapping call")
    let who =
        idle.count == 1
        ? "\(name(of: first)), a forked child, transfers nothing and is"
        : "\(idle.count) forked children (the first: pid \(first.pid)) transfer nothing and are"
    return ["\(who) not judged: \(calls)"]
}

extension ProcessLedger {
    /// In all its phases, of the kinds that are judged elsewhere.
    fileprivate func judgedCalls(_ request: AuditRequest) -> UInt64 {
        let kinds = request.policy.forbidden.filter { $0.family == .heap || $0.family == .mapping }
        return phases.all.reduce(0) { sum, phase in kinds.reduce(sum) { $0 + phase.events[$1].calls } }
    }
}

/// Of what the subject started and is not judged.
func unseenProgramNotes(_ observation: Observation) -> [String] {
    programs(observation.ledger.unseenPrograms.filter(observation.knowsThatItTransfersNothing))
        .map { ["not observed, and transfers nothing: \($0)"] } ?? []
}

extension Observation {
    /// A container's runtime, for one. Without transfers, by markers, any program may be what is to be judged.
    fileprivate func knowsThatItTransfersNothing(_ program: UnseenProgram) -> Bool {
        transfers.status == .active && syscalls.status == .active && ledger.unreportedTransfers[program.pid] == nil
            && !ledger.processes.contains { $0.phasesByMarker || $0.pid == program.pid && $0.phasesByKernel }
    }

    fileprivate func knowsThatItTransfersNothing(_ process: ProcessLedger) -> Bool {
        guard transfers.status == .active, !process.steadyReached, process.phases.transfers == 0 else {
            return false
        }
        return process.kernelTransfers.map { $0.calls.isEmpty && $0.unknown == UnknownTransfers() } ?? false
    }
}

private func unattached(_ observation: Observation) -> Reason? {
    let ledger = observation.ledger
    if ledger.imagesRefused > 0 {
        return Reason(
            "the interposer could not attach to \(plural(ledger.imagesRefused, "program"))", .keepSocket)
    }
    if let unseen = programs(ledger.unseenPrograms.filter { !observation.knowsThatItTransfersNothing($0) }) {
        return Reason("not observed: \(unseen)", .interposable)
    }
    if ledger.imagesUnseen > 0 {
        return Reason(
            "\(plural(ledger.imagesUnseen, "program")) that the subject started did not load the interposer (static or set-uid, "
                + "another libc, or an environment without LD_PRELOAD): not observed", .interposable)
    }
    if ledger.imagesBeyondTable > 0 {
        return Reason(
            "the ledger had no room for \(plural(ledger.imagesBeyondTable, "program"))", .fewerPrograms)
    }
    if ledger.lostProcesses > 0 {
        return Reason(
            "the ledger had no room for \(plural(ledger.lostProcesses, "forked process", "es"))", .fewerPrograms)
    }
    if ledger.processesMadeUnseen > 0 {
        return Reason(
            "the kernel saw \(plural(UInt64(ledger.processesMadeUnseen), "process", "es")) being made that never reported, and that no "
                + "function of libc made: not observed", .forkByLibc)
    }
    if let process = ledger.unreportedProcesses.first(where: { $0.whyUnobserved == nil }) {
        return Reason("process \(process.pid) maps memory and never reported: not observed", .interposable)
    }
    return ledger.processes.first { !$0.attached }.map {
        Reason("the interposer began to attach to \(name(of: $0)), but did not finish", .endAfterStart)
    }
}

private func withoutLibrary(_ ledger: Ledger) -> Reason? {
    let count = ledger.imagesWithoutLibrary
    guard count > 0 else { return nil }
    return Reason(
        "\(plural(count, "program")) could not load the interposer, since \(ledger.library) is not to be read where the subject "
            + "started \(count == 1 ? "it" : "them") (another root directory or mount namespace): not observed",
        .mountInterposer)
}

/// How a process bypasses the interposer.
private func bypass(_ process: ProcessLedger) -> Reason? {
    let bypasses = process.bypasses
    let who = name(of: process)
    if bypasses.isReplaced {
        return Reason(
            "malloc is replaced at run time, by Valgrind or a similar tool: its calls bypass the interposer",
            .withoutTool)
    }
    if let function = bypasses.taken {
        return Reason("\(who) brings its own \(function), whose calls bypass the interposer", .libcHeap)
    }
    if bypasses.deepBindings > 0 {
        return Reason(
            "\(who) called dlopen with RTLD_DEEPBIND \(plural(bypasses.deepBindings, "time")): the libraries' calls of libc "
                + "bypass the interposer", .plainDlopen)
    }
    if bypasses.namespaces > 0 {
        return Reason(
            "\(who) called dlmopen \(plural(bypasses.namespaces, "time")) for a namespace of its own, which has another libc",
            .plainDlopen)
    }
    if let function = bypasses.lookedUp {
        return Reason(
            "\(who) looked up \(function) in a library by dlsym, whose calls bypass the interposer", .callByName)
    }
    guard process.lost.modules > 0 else { return nil }
    return Reason(
        "\(who) has \(plural(process.lost.modules, "loaded file")) more than the ledger has room for: they may have heaps of "
            + "their own", .libcHeap)
}

/// Nil if there are none.
private func programs(_ programs: [UnseenProgram]) -> String? {
    guard !programs.isEmpty else { return nil }
    let named = programs.prefix(3).map { "\($0.path) (pid \($0.pid)) \($0.why)" }.joined(separator: "; ")
    return named + (programs.count > 3 ? "; and \(programs.count - 3) more programs" : "")
}

/// Empty ledgers for the report, of processes of which only the existence is known.
func unobservedProcesses(_ ledger: Ledger) -> [ProcessLedger] {
    let silent = ledger.unseenPrograms.filter { program in
        !ledger.unreportedProcesses.contains { $0.pid == program.pid }
            && !ledger.damages.contains { $0.pid == program.pid }
    }
    let damaged = ledger.damages.map { damage in
        unobserved(pid: damage.pid, path: "", "its part of the ledger was damaged: \(damage.what)")
    }
    return ledger.unreportedProcesses + damaged + silent.map { unobserved(pid: $0.pid, path: $0.path, $0.why) }
}

private func unobserved(pid: Int32, path: String, _ why: String) -> ProcessLedger {
    var process = ProcessLedger(pid: pid, parentPid: 0, executable: path)
    process.observed = false
    process.whyUnobserved = why
    for phase in Phase.allCases { process.phases[phase].faultsKnown = false }
    return process
}
