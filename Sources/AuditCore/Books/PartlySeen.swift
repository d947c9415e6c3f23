extension Ledger {
    /// Judges by the kernel's transfers the processes of which the interposer saw a part of these only.
    ///
    /// - Parameters:
    ///   - owners: of `processes`, in their order.
    ///   - phases: the interposer's.
    package mutating func followKernel(
        _ kernel: KernelPhases, _ book: TransfersBook, _ phases: PhaseBook, of owners: [Owner], areFaultsKnown: Bool
    ) {
        let seen = Dictionary(grouping: book.reported, by: \.key.owner)
        for (index, owner) in zip(processes.indices, owners) where !processes[index].phasesByMarker {
            let transfers = seen[owner] ?? []
            let all = transfers.reduce(0) { $0 + $1.transfers.calls }
            // Where processes share rows, or a child's transfers count for its parent, it is not known whose each was.
            let areItsOwn = processes[index].lost.threadCalls == 0 && transfers.allSatisfy { $0.key.tid != 0 }
            // TRAP: no steady phase begins without a transfer. A program that has written over its counts is no program of which a
            // part was seen. Test: Scripts/scribble-test, forget-transfers
            let isForged = processes[index].steadyReached && processes[index].phases.transfers == 0
            guard all > processes[index].phases.transfers, areItsOwn, !isForged, let process = kernel.process(owner)
            else { continue }
            processes[index].follow(process, phases, areFaultsKnown: areFaultsKnown)
        }
    }
}

extension ProcessLedger {
    /// Takes the phases from the kernel's transfers. The interposer has counted by its own, so that the steady phase has of its
    /// heap calls those that were certainly made there; `ThreadLedger.undated` has those that may have been.
    fileprivate mutating func follow(_ process: TransferringProcess, _ book: PhaseBook, areFaultsKnown: Bool) {
        let steady = process.steadyTimes.clamped(to: 0..<(book.exit(of: process.owner) ?? .max))
        let own = threads
        let times = Dictionary(
            uniqueKeysWithValues: Phase.allCases.map { ($0, book.times(of: process.owner, in: $0, phase(of:))) })
        sites = sites.filter { $0.kind.family == .heap && $0.count.calls > 0 && isSteady($0, steady, times[.steady]!) }
        seenTransfers = phases.transfers
        allowed = EventCounts()
        if !steady.isDisjoint(with: times[.steady]!) {
            undatedPages = growth.pages
            undatedHeap = unexplainedHeapBytes
        }
        growth = MemoryGrowth()
        take(process, areFaultsKnown: areFaultsKnown)
        threads = own.map { thread in
            // By the interposer's steady phase, which may have begun later.
            let mayTransfer = thread.doesTransfers || thread.phases.transfers > 0
            var dated = ThreadLedger(tid: thread.tid, name: thread.name, doesTransfers: mayTransfer)
            dated.matched = thread.matched
            for phase in Phase.allCases {
                var counts = thread.phases[phase].events
                if phase == .steady { counts = counts - thread.allowed }
                let times = times[phase]!
                for kind in EventKind.allCases where kind.family == .heap && counts[kind].calls > 0 {
                    if steady.isDisjoint(with: times) { continue }
                    if phase == .setup, wasQuiet(thread, steady.clamped(to: times)) { continue }
                    let ofSites = sites.lazy.filter { $0.kind == kind && $0.tid == thread.tid && phase == .steady }
                        .reduce(into: EventCount()) { $0 += $1.count }
                    let dates = steady.holds(times) ? counts[kind] : ofSites
                    dated.phases[.steady].events[kind] += dates
                    dated.undated[kind].calls += counts[kind].calls - min(dates.calls, counts[kind].calls)
                }
            }
            for kind in EventKind.allCases { phases[.steady].events[kind] += dated.phases[.steady].events[kind] }
            return dated
        }
    }

    /// No judged call that the interposer counted as the setup's was made in these times of it.
    private func wasQuiet(_ thread: ThreadLedger, _ times: Range<UInt64>) -> Bool {
        guard let timed else { return false }
        return thread.quiet.holds(times, while: timed)
    }

    /// A site of the interposer's steady phase is one of the kernel's if its first call and its last were made there.
    private func isSteady(_ site: Site, _ steady: Range<UInt64>, _ interposers: Range<UInt64>) -> Bool {
        steady.holds(interposers)
            || site.firstCall.lowerBound > 0 && steady.contains(site.firstCall.lowerBound)
                && steady.contains(site.lastCall.upperBound)
    }

    /// Heap calls of judged threads that may have been made in the steady phase.
    package func undated(_ scope: Scope) -> EventCounts {
        threads.filter(scope.judges).reduce(into: EventCounts()) { $0 += $1.undated }
    }
}

extension Range<UInt64> {
    fileprivate func isDisjoint(with other: Self) -> Bool { isEmpty || other.isEmpty || !overlaps(other) }
}
