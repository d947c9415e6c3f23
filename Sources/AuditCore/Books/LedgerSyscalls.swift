extension Ledger {
    /// Adds the kernel's counts to the ledgers of the processes that made the calls.
    ///
    /// - Parameter owners: of `processes`, in their order.
    package mutating func add(_ book: SyscallsBook, of owners: [Owner]) {
        let places = Dictionary(uniqueKeysWithValues: zip(owners, processes.indices))
        for (key, count) in book.counts {
            guard let index = places[key.owner] else { continue }
            let phase = processes[index].phase(of: key.moment)
            processes[index].add(key.call, count, to: phase, tid: key.tid, key.moment)
        }
        for (owner, moment, record) in book.strictCalls {
            guard let index = places[owner], processes[index].phase(of: moment) == .steady,
                processes[index].place(of: moment).phase.isStrict, let kind = EventKind(record.call)
            else { continue }
            processes[index].strictCalls.append(
                StrictCall(kind: kind, tid: record.tid, nanoseconds: record.nanoseconds, bytes: record.bytes))
        }
        for (pid, counts) in book.unreported { addUnreported(pid, counts) }
    }

    /// The syscalls witness sees calls that map nothing, too. One that moves the heap's end down is a release for BPF programs, so
    /// that it stands for no brk. Fixture: lowers-beside-brk.c
    package mutating func seeIdleCalls() {
        for process in processes.indices {
            for thread in processes[process].threads.indices { processes[process].threads[thread].seeIdleCalls() }
        }
    }

    /// A process that never reported: only the kernel's counts are known.
    private mutating func addUnreported(_ pid: Int32, _ counts: [WatchedCall: EventCount]) {
        let program = unseenPrograms.last { $0.pid == pid }
        if program == nil, let index = processes.firstIndex(where: { $0.pid == pid }) {
            // It had only not reported yet.
            for (call, count) in counts {
                if let kind = EventKind(call) { processes[index].phases[.setup].events[kind] += count }
            }
            return
        }
        var process = ProcessLedger(pid: pid, parentPid: 0, executable: program?.path ?? "")
        process.observed = false
        process.whyUnobserved = program?.why
        for (call, count) in counts {
            if let kind = EventKind(call) { process.phases[.setup].events[kind] += count }
        }
        for phase in Phase.allCases { process.phases[phase].faultsKnown = false }
        unreportedProcesses.append(process)
    }
}

extension ProcessLedger {
    package func phase(of moment: PhaseBook.Moment) -> Phase {
        let place = place(of: moment)
        let wasTheEnd = endsClosed && place.interlude == lastInterlude
        return Phase(place.phase.isClosed && !wasTheEnd ? place.interrupted : place.phase)
    }

    /// By the phases that it is judged by.
    func place(of moment: PhaseBook.Moment) -> PhaseBook.Place {
        phasesByKernel ? moment.byKernel ?? moment.place : moment.place
    }

    fileprivate mutating func add(
        _ call: WatchedCall, _ count: EventCount, to phase: Phase, tid: Int32, _ moment: PhaseBook.Moment
    ) {
        guard let kind = EventKind(call) else {
            guard let other = OtherCall(call) else { return }
            if phase == .steady {
                otherCalls[other, default: 0] += count.calls
            } else if phase != .teardown {
                earlierLockCalls[other, default: 0] += count.calls
            }
            return
        }
        if !threads.contains(where: { $0.tid == tid }) {
            threads.append(ThreadLedger(tid: tid, name: "", doesTransfers: false))
        }
        let thread = threads.firstIndex { $0.tid == tid }!
        threads[thread].phases[phase].events[kind] += count
        phases[phase].events[kind] += count
        // In any phase: the edges that would show it are missing.
        if moment.isUncertain { uncertainSyscalls += count.calls }
        guard phase == .steady else { return }
        if place(of: moment).phase.isAllowed {
            threads[thread].allowed[kind] += count
            allowed[kind] += count
        } else if call == .lowerBrk {
            threads[thread].lowered += count.calls
        }
    }
}

extension ThreadLedger {
    fileprivate mutating func seeIdleCalls() {
        idle = [.syscallBrk: min(idle[.syscallBrk] ?? 0, lowered)]
    }
}

extension EventKind {
    package init?(_ call: WatchedCall) {
        switch call {
        case .mmap: self = .syscallMmap
        case .munmap, .lowerBrk: self = .syscallMunmap
        case .mremap: self = .syscallMremap
        case .brk: self = .syscallBrk
        default: return nil
        }
    }
}

extension OtherCall {
    package init?(_ call: WatchedCall) {
        switch call {
        case .mlockall: self = .mlockall
        case .munlock: self = .munlock
        case .munlockall: self = .munlockall
        case .shmat: self = .shmat
        case .remapFilePages: self = .remapFilePages
        case .ioSetup: self = .ioSetup
        case .mapVDSO: self = .mapVDSO
        case .collapse: self = .collapse
        default: return nil
        }
    }
}
