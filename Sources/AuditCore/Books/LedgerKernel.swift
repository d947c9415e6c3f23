extension Ledger {
    /// Adds what the kernel allocated to the ledgers of the processes that it was done for.
    ///
    /// - Parameter owners: of `processes`, in their order.
    package mutating func add(_ view: KernelView, of owners: [Owner]) {
        let places = Dictionary(uniqueKeysWithValues: zip(owners, processes.indices))
        var rows: [RowsKey: [KernelAllocation]] = [:]
        for (key, count) in view.book.counts {
            guard let index = places[key.owner] else { continue }
            let flusher = processes[index].isFlusher(key.tid, view.flushers)
            guard let allocation = view.allocation(key.what, count, flusher: flusher) else { continue }
            let phase = processes[index].phase(of: key.moment)
            rows[RowsKey(process: index, phase: phase, tid: key.tid), default: []].append(allocation)
            if phase == .steady, !key.moment.phase.isAllowed {
                processes[index].strictKernel[key.tid, default: []].append(allocation)
            }
        }
        for (key, allocations) in rows { processes[key.process].add(allocations, to: key.phase, tid: key.tid) }
        for (key, calls) in view.book.interrupts {
            guard let index = places[key.owner] else { continue }
            processes[index].phases[processes[index].phase(of: key.moment)].inInterrupts[key.kind] += calls
        }
        for (key, count) in view.book.faults {
            guard let index = places[key.owner], processes[index].phase(of: key.moment) == .steady else { continue }
            processes[index].addFault(key, count, view)
        }
        for (owner, moments) in view.book.faultsOf {
            guard let index = places[owner], processes[index].faultsByKernel else { continue }
            for (moment, faults) in moments {
                processes[index].phases[processes[index].phase(of: moment)].events[.pageFaultMinor].calls += faults
            }
        }
        for index in processes.indices {
            for phase in Phase.allCases { processes[index].phases[phase].countPerTransfer() }
            processes[index].faultSites.sort { ($1.calls, $0.address) < ($0.calls, $1.address) }
        }
        for (pid, counts) in view.book.unreported {
            guard let index = unreportedProcesses.firstIndex(where: { $0.pid == pid }) else { continue }
            let allocations = counts.compactMap { view.allocation($0.key, $0.value, flusher: false) }
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

extension ProcessLedger {
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
