extension Ledger {
    /// Adds what the kernel allocated to the ledgers of the processes that it was done for.
    ///
    /// - Parameter owners: of `processes`, in their order.
    package mutating func add(_ view: KernelView, of owners: [Owner]) {
        let places = Dictionary(uniqueKeysWithValues: zip(owners, processes.indices))
        var rows: [RowsKey: [KernelAllocation]] = [:]
        for (key, count) in view.book.counts {
            guard let index = places[key.owner] else { continue }
            let flusher = key.what.isFlusher ?? processes[index].isFlusher(key.tid, view.flushers)
            guard let allocation = view.allocation(key.what, count, flusher: flusher) else { continue }
            let phase = processes[index].phase(of: key.moment)
            rows[RowsKey(process: index, phase: phase, tid: key.tid), default: []].append(allocation)
            if phase == .steady, !processes[index].place(of: key.moment).phase.isAllowed {
                processes[index].strictKernel[key.tid, default: []].append(allocation)
            }
        }
        for (key, allocations) in rows { processes[key.process].add(allocations, to: key.phase, tid: key.tid) }
        for (key, calls) in view.book.interrupts {
            guard let index = places[key.owner] else { continue }
            processes[index].phases[processes[index].phase(of: key.moment)].inInterrupts[key.kind] += calls
        }
        for (owner, made) in view.book.sharers {
            guard let index = places[owner] else { continue }
            processes[index].note(made)
        }
        for (key, count) in view.book.faults {
            guard let index = places[key.owner], processes[index].isStrictlySteady(key.moment) else { continue }
            processes[index].addFault(key, count, view)
        }
        for (key, faults) in view.book.faultsOf {
            guard let index = places[key.owner] else { continue }
            processes[index].addFaults(faults, key)
        }
        for index in processes.indices {
            for phase in Phase.allCases { processes[index].phases[phase].countPerTransfer() }
            processes[index].faultSites.sort { ($1.calls, $0.address) < ($0.calls, $1.address) }
        }
        for (pid, counts) in view.book.unreported {
            guard let index = unreportedProcesses.firstIndex(where: { $0.pid == pid }) else { continue }
            let allocations = counts.compactMap {
                view.allocation($0.key, $0.value, flusher: $0.key.isFlusher ?? false)
            }
            unreportedProcesses[index].phases[.setup].add(allocations)
            unreportedProcesses[index].phases[.setup].countPerTransfer()
        }
    }
}

private struct RowsKey: Hashable {
    let process: Int
    let phase: Phase
    let tid: Int32
}

extension Ledger {
    /// A process that was killed in its steady phase has not said how many page faults it took there: the kernel's are counted.
    package mutating func takeFaultsOfKilled() {
        for index in processes.indices where processes[index].wasKilledWhileSteady {
            processes[index].takeFaultsOfKernel()
        }
    }

    /// Adds the page faults that no tracepoint shows.
    package mutating func add(_ untraced: UntracedFaults, of owners: [Owner]) {
        for (owner, index) in zip(owners, processes.indices) where processes[index].faultsByKernel {
            processes[index].add(untraced.counts.filter { $0.key.owner == owner })
        }
    }
}

extension ProcessLedger {
    fileprivate var wasKilledWhileSteady: Bool {
        attached && steadyReached && !saidGoodbye && lastPhase == .steady && !phasesByKernel && !phasesByMarker
            && threadPhasesOpen == 0
    }

    fileprivate mutating func takeFaultsOfKernel() {
        faultsByKernel = true
        phases[.steady].faultsKnown = true
        for kind in [EventKind.pageFaultMinor, .pageFaultMajor] {
            phases[.steady].events[kind] = EventCount()
            allowed[kind] = EventCount()
        }
        for thread in threads.indices { threads[thread].steadyFaults = Faults() }
    }

    /// Until it execs, a child that libc makes for itself runs libc's code alone, and of one by its vfork the interposer counts what it
    /// does. All of what a program without it does is the kernel's to count. In a process that is never steady, such as runc, one that
    /// its maker waits for hides nothing: its own transfers the kernel sees.
    fileprivate mutating func note(_ made: KernelBook.Sharers) {
        let known = attached && steadyReached ? made.byLibc : made.awaited
        memorySharers = max(memorySharers, made.all - known)
    }

    /// In the steady phase, and in no allowed region.
    func isStrictlySteady(_ moment: PhaseBook.Moment) -> Bool {
        phase(of: moment) == .steady && place(of: moment).phase.isStrict
    }

    fileprivate mutating func addFaults(_ faults: UInt64, _ key: KernelBook.FaultsKey) {
        guard faultsByKernel, isStrictlySteady(key.moment) else { return }
        addFaults(faults, key.tid)
    }

    /// How many of the two looks were in the steady phase, and not within the interposer's own work.
    private func steadyEdges(_ key: UntracedFaults.Key) -> Int {
        [key.after, key.before].count { isStrictlySteady($0) && !$0.isOwnWork }
    }

    /// Those between a look in the steady phase and one outside are of no known phase.
    fileprivate mutating func add(_ untraced: [UntracedFaults.Key: UInt64]) {
        for (tid, counts) in Dictionary(grouping: untraced, by: \.key.tid) {
            func sum(_ edges: Int) -> UInt64 {
                let those = counts.filter { key, _ in
                    steadyEdges(key) == edges
                }
                return those.reduce(0) { $0 + $1.value }
            }
            if sum(2) > 0 { addFaults(sum(2), tid) }
            undatedFaults += sum(1)
        }
    }

    private mutating func addFaults(_ faults: UInt64, _ tid: Int32) {
        phases[.steady].events[.pageFaultMinor].calls += faults
        if !threads.contains(where: { $0.tid == tid }) {
            threads.append(ThreadLedger(tid: tid, name: "", doesTransfers: false))
        }
        threads[threads.firstIndex { $0.tid == tid }!].steadyFaults.minor += faults
    }

    /// A thread that had ended before it was read is known only if it began the steady phase of a process that has no
    /// other.
    fileprivate func isFlusher(_ tid: Int32, _ flushers: [Int32: Bool]) -> Bool {
        flushers[tid] ?? (tid == pid && threadsCreated == 0 && lock.ioFlusher)
    }

    fileprivate mutating func add(_ allocations: [KernelAllocation], to phase: Phase, tid: Int32) {
        phases[phase].add(allocations)
        guard let thread = threads.firstIndex(where: { $0.tid == tid }) else { return }
        threads[thread].phases[phase].add(allocations)
        threads[thread].phases[phase].countPerTransfer()
    }

    fileprivate mutating func addFault(
        _ key: KernelBook.FaultKey, _ count: KernelBook.FaultCount, _ view: KernelView
    ) {
        let memory: String? =
            switch key.memory {
            case .stack: "stack"
            case .mapping(let text): view.texts[text]
            case .unknown: nil
            }
        let stack = view.userStack(key.stack)
        faultSites.append(
            FaultSite(
                tid: key.tid, calls: count.calls, address: count.firstAddress, memory: memory,
                stack: stack?.frames ?? [Frame(module: view.texts[key.module], offset: key.instruction)],
                truncated: !(stack?.isWhole ?? false)))
    }
}
