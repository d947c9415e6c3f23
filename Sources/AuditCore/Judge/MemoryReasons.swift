/// Of resident pages. Nil where no steady phase was seen.
func pagesWitness(_ observation: Observation) -> Witness? {
    let steady = observation.ledger.processes.filter(\.steadyReached)
    guard let process = steady.first(where: { !$0.growth.isKnown }) else { return steady.isEmpty ? nil : .active }
    let isAlone = steady.allSatisfy { $0.phasesByKernel && !$0.growth.isKnown }
    let why = whyPagesAreUnknown(process, observation)
    return isAlone ? .unavailable(why) : .partial(why)
}

private func whyPagesAreUnknown(_ process: ProcessLedger, _ observation: Observation) -> String {
    guard process.phasesByKernel else {
        return "the memory of \(name(of: process)) could not be read in /proc at both edges of its steady phase"
    }
    if let problem = observation.transfers.reason ?? observation.pagesProblem {
        return "\(unread(process)), and the kernel's records of it: \(problem)"
    }
    return process.phases[.steady].faultsKnown
        ? "the kernel records those of \(name(of: process)) from the end of its first transfer on, and not from the beginning of its "
            + "steady phase"
        : "the page faults of \(name(of: process)) are not known, which may have brought its pages"
}

func heapWitness(_ observation: Observation) -> Witness? {
    if let attached = observation.attached { return attached.heap }
    let steady = observation.ledger.processes.filter(\.steadyReached)
    guard !steady.isEmpty else { return nil }
    let problem = steady.lazy.compactMap { process in
        process.phasesByKernel
            ? unread(process)
            : process.growth.books.problem.map { "glibc's books of \(name(of: process)) were not read: \($0)" }
    }.first
    return problem.map(Witness.unavailable) ?? .active
}

private func unread(_ process: ProcessLedger) -> String {
    process.attached
        ? "the interposer saw other phases of \(name(of: process)), and did not read its memory"
        : "\(name(of: process)) has no interposer, which reads its memory"
}

extension MemoryGrowth.Books {
    fileprivate var problem: String? {
        switch self {
        case .read: nil
        case .unread: "it died in its steady phase"
        case .ofAnotherAllocator: "it has another allocator, or a libc without mallinfo2"
        case .ofForkedChild: "it was forked past libc, so a lock may be held for ever"
        case .inSignalHandler: "a phase began or ended in a signal handler, or where the stack could not be walked"
        }
    }
}

func memoryReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    observation.ledger.processes.filter(\.steadyReached).flatMap { process -> [Reason] in
        var reasons: [Reason] = []
        let judgesPages = request.policy.forbids(.pagesUnexplained)
        // The kernel records them from a transfer on. Mostly there is no pass without one.
        let isWatched = !process.phasesByKernel || process.phases[.steady].transfers > 0
        if !isWatched && judgesPages && request.minimumTransfers == 0 {
            reasons.append(
                Reason(
                    "pages that came to \(name(of: process)) without a page fault are not known: the kernel records them from its "
                        + "first transfer on, and it made none", .allowUnexplained))
        }
        if !process.growth.isKnown && process.phases[.steady].faultsKnown && judgesPages && isWatched {
            reasons.append(
                process.phasesByKernel
                    ? Reason(
                        "pages that came to \(name(of: process)) without a page fault are not known: "
                            + whyPagesAreUnknown(process, observation), .allowFaults)
                    : Reason(
                        "the resident pages of \(name(of: process)) are not known: /proc/thread-self/smaps_rollup or /proc/thread-self/status "
                            + "could not be read at an edge of its steady phase, or not /proc/thread-self/pagemap for a range that it "
                            + "gave back", .ownProc))
        }
        let collapses = process.collapses
        if collapses > 0 && judgesPages {
            reasons.append(
                Reason(
                    "\(name(of: process)) asked for huge pages at once in its steady phase, \(plural(collapses, "time")) "
                        + "(MADV_COLLAPSE): what the kernel did then depends on whether it had made them before",
                    .collapseEarlier))
        }
        if request.policy.forbids(.malloc) && process.unexplainedHeapBytes > 0 {
            reasons.append(
                Reason(
                    "glibc's own books of \(name(of: process)) gained \(plural(process.unexplainedHeapBytes, "byte")) in the "
                        + "steady phase that no counted call explains", .findBypass))
        }
        guard request.scope != .process else { return reasons }
        for kind in EventKind.unexplained where request.policy.forbids(kind) {
            let count = process.phases[.steady].events[kind]
            if count.calls == 0 { continue }
            reasons.append(
                Reason(
                    "of \(name(of: process))'s steady phase, \(kind.text(count.calls)): it is not known by which thread",
                    .allThreads))
        }
        return reasons
    }
}
