/// The resident pages of a process, as a thread changed them: its own, or another process's, or one of the kernel's.
package struct PagesRecord: Timed {
    package let nanoseconds: UInt64
    /// The process that has the pages.
    package let pid: Int32
    /// Identifies its memory.
    package let memory: UInt64
    /// Of files and of shared memory, and anonymous ones.
    package let others: UInt64
    package let anonymous: UInt64
    package let tid: Int32
    /// The thread has other memory, so that none of its page faults is one of the process's.
    package let isByAnother: Bool
    /// The thread is about to become another program, whose arguments the kernel counts as pages of this memory until it is.
    package let isInExec: Bool
    /// Page faults that the thread has had by then.
    package let faults: UInt64

    package init(
        nanoseconds: UInt64, pid: Int32, memory: UInt64, others: UInt64, anonymous: UInt64, tid: Int32,
        isByAnother: Bool = false, isInExec: Bool = false, faults: UInt64
    ) {
        self.nanoseconds = nanoseconds
        self.pid = pid
        self.memory = memory
        self.others = others
        self.anonymous = anonymous
        self.tid = tid
        self.isByAnother = isByAnother
        self.isInExec = isInExec
        self.faults = faults
    }
}

/// Resident pages that came without a page fault: the kernel's own record of each change, from a process's first transfer on.
///
/// The kernel counts a thread's fault when it is over. So the last pages that a thread gained before its count grew are the fault's,
/// and all that it gained before at the same count are not.
package struct PagesBook {
    package struct Key: Hashable {
        package let owner: Owner
        package let moment: PhaseBook.Moment
    }

    private struct Memory: Hashable {
        let pid: Int32
        let address: UInt64
    }

    private struct Gain {
        let key: Key?
        let others: UInt64
        let anonymous: UInt64

        var pages: UInt64 { others + anonymous }

        /// The kernel maps pages of a file around the one that faulted (fault_around_bytes, 64 KiB), and then perhaps that one.
        func isAround(_ fault: Gain) -> Bool { anonymous == 0 && others <= 16 && fault.anonymous == 0 }
    }

    /// What a thread gained since its last page fault was over.
    private struct Open {
        let faults: UInt64
        var gains: [Gain] = []
    }

    fileprivate struct Look {
        let nanoseconds: UInt64
        let tid: Int32
        let faults: UInt64
        /// The thread takes no page fault now.
        let isBetween: Bool
    }

    private var counts: [Key: UInt64] = [:]
    /// When the first record of each process was made.
    package private(set) var begun: [Owner: PhaseBook.Moment] = [:]
    private var last: [Memory: PagesRecord] = [:]
    private var open: [Int32: Open] = [:]

    package init() {}

    /// With what no later look at the thread explains.
    package var unexplained: [Key: UInt64] {
        open.values.reduce(into: counts) { counts, open in
            for gain in open.gains { if let key = gain.key { counts[key, default: 0] += gain.pages } }
        }
    }

    /// All in the order of time, and of the same time.
    package mutating func add(
        _ pages: [PagesRecord], _ transfers: [TransferRecord], _ records: [KernelRecord], _ phases: PhaseBook,
        _ ancestry: Ancestry
    ) {
        // Most programs gain none once they transfer.
        let threads = Set(pages.map(\.tid)).union(open.keys)
        guard !threads.isEmpty else { return }
        var looks = transfers.compactMap { Look($0, threads) } + records.compactMap { Look($0, threads) }
        looks.sort { $0.nanoseconds < $1.nanoseconds }
        var rest = looks[...]
        var intervals = RecentIntervals(phases, ancestry)
        for record in pages {
            while let look = rest.first, look.nanoseconds < record.nanoseconds {
                settle(look)
                rest.removeFirst()
            }
            note(record, phases, &intervals)
        }
        for look in rest { settle(look) }
    }

    /// A thread has had so many page faults by the end.
    package mutating func note(_ tid: Int32, faults: UInt64) {
        settle(Look(nanoseconds: .max, tid: tid, faults: faults, isBetween: true))
    }

    private mutating func note(_ record: PagesRecord, _ phases: PhaseBook, _ intervals: inout RecentIntervals) {
        settle(Look(nanoseconds: record.nanoseconds, tid: record.tid, faults: record.faults, isBetween: false))
        // A child that has not reported has other memory than its parent.
        let found =
            phases.knows(record.pid)
            ? intervals.interval(of: record.pid, tid: record.tid, at: record.nanoseconds).found : nil
        if let (owner, moment) = found, begun[owner] == nil { begun[owner] = moment }
        guard let before = last.updateValue(record, forKey: Memory(pid: record.pid, address: record.memory)) else {
            return
        }
        let gain = Gain(
            key: found.map { Key(owner: $0.0, moment: $0.1) },
            others: record.others - min(before.others, record.others),
            anonymous: record.anonymous - min(before.anonymous, record.anonymous))
        guard gain.pages > 0, !record.isInExec else { return }
        if record.isByAnother {
            count([gain])
        } else {
            open[record.tid, default: Open(faults: record.faults)].gains.append(gain)
        }
    }

    private mutating func settle(_ look: Look) {
        guard let known = open[look.tid], look.faults > known.faults || look.isBetween else { return }
        open[look.tid] = nil
        var gains = known.gains
        if look.faults > known.faults, let fault = gains.popLast(), let around = gains.last, around.isAround(fault) {
            gains.removeLast()
        }
        count(gains)
    }

    private mutating func count(_ gains: [Gain]) {
        for gain in gains { if let key = gain.key { counts[key, default: 0] += gain.pages } }
    }
}

extension PagesBook.Look {
    /// Nil if the thread is none of these.
    fileprivate init?(_ record: TransferRecord, _ threads: Set<Int32>) {
        guard threads.contains(record.tid), let faults = record.faults else { return nil }
        // A request of io_uring's may complete at any time.
        if case .completes = record.act { return nil }
        self.init(nanoseconds: record.nanoseconds, tid: record.tid, faults: faults, isBetween: true)
    }

    fileprivate init?(_ record: KernelRecord, _ threads: Set<Int32>) {
        guard threads.contains(record.tid), let faults = record.faults else { return nil }
        switch record.kind {
        case .fault, .ended:
            self.init(nanoseconds: record.nanoseconds, tid: record.tid, faults: faults, isBetween: true)
        case .allocation, .interrupt:
            self.init(nanoseconds: record.nanoseconds, tid: record.tid, faults: faults, isBetween: false)
        case .mapped, .forked, .sharesMemory, .becameProgram: return nil
        }
    }
}

extension Ledger {
    /// Adds what nothing explains. Of a process that the interposer measured too, it shows what that could not see behind page faults
    /// that it did not judge, and where it could not read.
    ///
    /// - Parameters:
    ///   - owners: of `processes`, in their order.
    ///   - areFaultsKnown: each thread's page faults were looked at until its end.
    ///   - areMappingsKnown: each call that maps was seen, which the interposer's reading would show too.
    ///   - isAttached: the processes had begun before.
    package mutating func add(
        _ book: PagesBook, of owners: [Owner], areFaultsKnown: Bool, areMappingsKnown: Bool, isAttached: Bool = false
    ) {
        let unexplained = Dictionary(grouping: book.unexplained, by: \.key.owner)
        for (owner, index) in zip(owners, processes.indices) {
            let begun = book.begun[owner].map { isAttached || processes[index].isWatched(from: $0) } ?? false
            let isKnown = begun && areFaultsKnown
            if processes[index].phasesByKernel {
                processes[index].growth.isKnown = isKnown
            } else if !processes[index].growth.isKnown && isKnown && areMappingsKnown {
                processes[index].growth.isKnown = true
            }
            if isKnown { processes[index].takePages(unexplained[owner] ?? []) }
        }
    }
}

extension ProcessLedger {
    /// It was not in its steady phase yet.
    fileprivate func isWatched(from moment: PhaseBook.Moment) -> Bool {
        [.setup, .warmup].contains(phase(of: moment))
    }

    fileprivate mutating func takePages(_ unexplained: [(key: PagesBook.Key, value: UInt64)]) {
        let steady = unexplained.filter { isStrictlySteady($0.key.moment) }
        growth.pages = max(growth.pages, steady.reduce(0) { $0 + $1.value })
    }
}
