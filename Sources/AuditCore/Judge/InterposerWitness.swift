/// Whether the interposer saw the whole subject; else what it missed, in words.
func interposerWitness(_ observation: Observation) -> Witness {
    if observation.attached != nil {
        return .unavailable("attached from outside")
    }
    if let missing = observation.interposerMissing { return .unavailable(missing) }
    let ledger = observation.ledger
    let damage = ledger.damages.first.map(damageInWords)
    guard let pid = observation.pid, ledger.processes.contains(where: { $0.pid == pid && $0.attached }) else {
        if let damage { return .unavailable(damage) }
        return .unavailable(
            "the interposer did not report from the subject"
                + (ledger.imagesRefused > 0 ? ": it could not attach to the ledger" : "")
                + (observation.whyUnseen.map { ": \(observation.subject.command[0]) \($0)" }
                    ?? " (another libc, or an interposer of another version?)"))
    }
    if let damage { return .partial(damage) }
    if observation.isStatic {
        return .partial(
            "\(observation.subject.command[0]) is a static program, which loads no interposer: only programs that it "
                + "started were observed")
    }
    return gap(in: ledger).map(Witness.partial) ?? .active
}

private func damageInWords(_ damage: LedgerDamage) -> String {
    "the ledger was damaged (\(damage.what), pid \(damage.pid)): a process wrote into the interposer's memory, and what it "
        + "counted there cannot be relied upon"
}

/// The part of the subject that the interposer did not see, in words.
private func gap(in ledger: Ledger) -> String? {
    // Both, since a tool that runs the program hides its file, too.
    let heaps = ledger.processes.lazy.compactMap { process in process.ownHeap.map { "\(name(of: process)): \($0)" } }
    let ways = [withoutLibrary(ledger), ledger.processes.lazy.compactMap(bypass).first, heaps.first].compactMap { $0 }
    if !ways.isEmpty { return ways.joined(separator: "; ") }
    if ledger.imagesRefused > 0 {
        return "the interposer could not attach to \(plural(ledger.imagesRefused, "program"))"
    }
    if let unseen = unseenPrograms(ledger.unseenPrograms) { return unseen }
    if ledger.imagesUnseen > 0 {
        return "\(plural(ledger.imagesUnseen, "program")) that the subject started did not load the interposer (static "
            + "or set-uid, another libc, or an environment without LD_PRELOAD): not observed"
    }
    if ledger.imagesBeyondTable > 0 {
        return "the ledger had no room for \(plural(ledger.imagesBeyondTable, "program"))"
    }
    if ledger.lostProcesses > 0 {
        return "the ledger had no room for \(plural(ledger.lostProcesses, "forked process", "es"))"
    }
    if let process = ledger.unreportedProcesses.first(where: { $0.whyUnobserved == nil }) {
        return "process \(process.pid) maps memory and never reported: not observed"
    }
    return ledger.processes.first { !$0.attached }.map {
        "the interposer began to attach to \(name(of: $0)), but did not finish"
    }
}

private func withoutLibrary(_ ledger: Ledger) -> String? {
    let count = ledger.imagesWithoutLibrary
    guard count > 0 else { return nil }
    return
        "\(plural(count, "program")) could not load the interposer, since \(ledger.library) is not to be read where the subject "
        + "started \(count == 1 ? "it" : "them") (another root directory or mount namespace): not observed; mount its "
        + "directory there under the same name, as bwrap's --ro-bind and mount --bind do"
}

/// How a process bypasses the interposer, in words.
private func bypass(_ process: ProcessLedger) -> String? {
    let bypasses = process.bypasses
    if bypasses.isReplaced {
        return "malloc is replaced at run time, by Valgrind or a similar tool: its calls bypass the interposer"
    }
    if let function = bypasses.taken {
        return "\(name(of: process)) brings its own \(function), whose calls bypass the interposer"
    }
    if bypasses.deepBindings > 0 {
        return
            "\(name(of: process)) called dlopen with RTLD_DEEPBIND \(plural(bypasses.deepBindings, "time")): the "
            + "libraries' calls of libc bypass the interposer"
    }
    if bypasses.namespaces > 0 {
        return "\(name(of: process)) called dlmopen \(plural(bypasses.namespaces, "time")) for a namespace of its own, "
            + "which has another libc"
    }
    if let function = bypasses.lookedUp {
        return "\(name(of: process)) looked up \(function) in a library by dlsym, whose calls bypass the interposer"
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
