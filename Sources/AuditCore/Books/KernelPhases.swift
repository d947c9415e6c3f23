/// The phases of processes from the transfers that the kernel saw: static programs, Go, other libcs, and those of which the
/// interposer saw a part only.
///
/// A file is known from its first transfer on, so that an interlude ends there, and not where a file is opened. Exit is not seen: a
/// process that never closes its last O_DIRECT file is in its steady phase to its end.
package struct KernelPhases {
    private enum Image: Hashable {
        /// That reported.
        case reported(Owner)
        /// One program of a process: an exec makes another.
        case unreported(pid: Int32, exec: UInt64)
    }

    private let warmup: Warmup
    private var places: [Image: Int] = [:]
    private var all: [TransferringProcess] = []

    package init(_ warmup: Warmup) {
        self.warmup = warmup
    }

    /// - Parameters:
    ///   - records: those of one thread in the order of time.
    ///   - phases: of the processes that reported.
    ///   - window: what dioaudit has been told until now.
    ///   - limit: all records before this time are known.
    package mutating func add(
        _ records: [TransferRecord], _ phases: PhaseBook, _ execs: [ExecRecord], _ ancestry: Ancestry,
        _ window: SteadyWindow = SteadyWindow(), before limit: UInt64 = .max
    ) {
        let execs = Dictionary(grouping: execs, by: \.pid)
        var intervals = RecentIntervals(phases, ancestry)
        for record in records {
            let owner = intervals.interval(of: record.pid, tid: record.tid, at: record.nanoseconds).found?.0
            // A child without a record of its own has other memory, or is no reason for a phase of its parent's.
            if owner != nil, !phases.knows(record.pid) { continue }
            let exec = execs[record.pid]?.last { $0.nanoseconds <= record.nanoseconds }
            let image =
                owner.map(Image.reported) ?? Image.unreported(pid: record.pid, exec: exec?.nanoseconds ?? 0)
            let index = places[image] ?? all.endIndex
            if index == all.endIndex {
                // What has done nothing yet cannot close its last file.
                if record.act == .closes { continue }
                places[image] = index
                let parent = ancestry.fork(of: record.pid, at: record.nanoseconds)?.parent ?? 0
                let unreported = Owner(arena: TransferringProcess.firstArena + UInt32(index), process: 0)
                all.append(TransferringProcess(record, exec, owner ?? unreported, parent: parent))
            }
            all[index].add(record, warmup, window)
        }
        for index in all.indices { all[index].follow(window, until: limit, warmup) }
    }

    /// Those that never reported.
    package var processes: [TransferringProcess] { all.filter { !$0.hasReported } }

    /// That of a process that reported, as the kernel saw it.
    package func process(_ owner: Owner) -> TransferringProcess? {
        places[.reported(owner)].map { all[$0] }
    }

    /// Makes the processes known by their phases.
    package func add(to phases: inout PhaseBook) {
        for process in all {
            if process.hasReported {
                phases.add(byKernel: process.edges, of: process.owner)
            } else {
                phases.add(process.reported, process.edges)
            }
        }
    }
}

/// A process that does transfers.
package struct TransferringProcess {
    /// An open file: its transfers by direction (`direction(of:)`).
    private struct File {
        var begun: [UInt64] = [0, 0, 0]
        var done: [UInt64] = [0, 0, 0]

        func isWarm(_ warmup: Warmup) -> Bool {
            let wanted = [warmup.reads, warmup.writes, min(warmup.reads, warmup.writes)]
            return (0..<3).allSatisfy { begun[$0] == 0 || done[$0] >= wanted[$0] }
        }
    }

    private struct Begun {
        let file: UInt64
        let direction: Int
        let requests: Requests

        init(_ record: TransferRecord) {
            file = record.file
            // Of a submission one file is told, and not which of its requests write.
            direction = record.call == .ioSubmit ? 2 : record.isWrite ? 1 : 0
            requests = Requests(record)
        }
    }

    /// Of those that never reported. Arenas have low numbers.
    static let firstArena: UInt32 = 1 << 31

    package let reported: ReportedProcess
    package let path: String
    package private(set) var edges: [PhaseEdge] = []
    private(set) var phase = LedgerPhase.setup
    private(set) var interlude: UInt32 = 0
    private var interrupted = LedgerPhase.none
    private var files: [UInt64: File] = [:]
    private var begun: [Int32: Begun] = [:]
    private var firstTransfer: UInt64 = 0
    private var lastRecord: UInt64 = 0
    private(set) var lock = SteadyLock()
    private var transfers: UInt64 = 0
    /// Threads that were in a transfer when as many as the warm-up takes had ended. If the end of one is not reported, it may have
    /// been before, and the warm-up have ended sooner.
    private var awaited: Set<Int32> = []
    /// The end of the warm-up's last transfer was not seen, but only that its thread began another.
    private var lacksEnd = false
    var beginsLate: Bool { lacksEnd || !awaited.isEmpty }

    fileprivate init(_ record: TransferRecord, _ exec: ExecRecord?, _ owner: Owner, parent: Int32) {
        reported = ReportedProcess(owner: owner, pid: record.pid, parent: parent, started: record.nanoseconds)
        path = exec?.path ?? ""
    }

    package var owner: Owner { reported.owner }
    fileprivate var hasReported: Bool { owner.arena < Self.firstArena }
    package var isSteady: Bool { steadyPoint != nil }
    private var steadyPoint: UInt64? { edges.first { $0.isSteady }?.nanoseconds }

    /// The steady phase with its interludes, up to the last close or until it was said to be over; empty if there is none.
    var steadyTimes: Range<UInt64> {
        guard let steadyPoint else { return 0..<0 }
        let end = edges.reversed().prefix(while: \.isOfTeardown).last
        return steadyPoint..<(end?.nanoseconds ?? .max)
    }

    /// Of the phase, as far as transfers show it.
    func nanoseconds(in phase: Phase) -> UInt64 {
        switch phase {
        case .warmup: isSteady ? steadyPoint! - firstTransfer : 0
        case .steady: isSteady ? max(min(steadyTimes.upperBound, lastRecord), steadyPoint!) - steadyPoint! : 0
        default: 0
        }
    }
    var endsClosed: Bool { phase == .closed || phase == .exit }

    fileprivate mutating func add(_ record: TransferRecord, _ warmup: Warmup, _ window: SteadyWindow) {
        follow(window, until: record.nanoseconds, warmup)
        lastRecord = record.nanoseconds
        switch record.act {
        case .begins, .submits(direct: 1..., of: _): begin(record, warmup, window)
        case .submits: break
        case .ends(let result): end(record, result, warmup, window)
        case .completes(let result, let isFileKnown) where isFileKnown && result > 0:
            begin(record, warmup, window)
            end(record, result, warmup, window)
        case .completes: break
        case .closes: close(record)
        }
    }

    /// Does what dioaudit was told up to a time. A process that has not transferred yet begins with its first transfer.
    fileprivate mutating func follow(_ window: SteadyWindow, until limit: UInt64, _ warmup: Warmup) {
        guard let latest = edges.last?.nanoseconds, phase != .exit else { return }
        if let from = window.from?.nanoseconds, from <= limit { enterSteadyIfWarm(max(from, latest), warmup, window) }
        if let to = window.to?.nanoseconds, to <= limit { enter(.exit, max(to, latest)) }
    }

    private mutating func begin(_ record: TransferRecord, _ warmup: Warmup, _ window: SteadyWindow) {
        // The thread's last one has ended, and its end was not reported.
        let wasSteady = phase == .steady
        end(record, nil, warmup, window)
        if !wasSteady, phase == .steady { lacksEnd = true }
        if phase == .setup {
            firstTransfer = record.nanoseconds
            enter(.warmup, record.nanoseconds)
        } else if phase == .closed {
            enter(interrupted, record.nanoseconds)
        }
        let call = Begun(record)
        begun[record.tid] = call
        files[call.file, default: File()].begun[call.direction] += call.requests.transfers
        // Else it begins where a transfer ends.
        if min(warmup.reads, warmup.writes) == 0 { enterSteadyIfWarm(record.nanoseconds, warmup, window) }
        if phase == .steady { lock.note(record.lock) }
    }

    /// - Parameter result: nil if it was not reported: then all that was asked for was done.
    private mutating func end(
        _ record: TransferRecord, _ result: Int64?, _ warmup: Warmup, _ window: SteadyWindow
    ) {
        guard let call = begun.removeValue(forKey: record.tid) else { return }
        if awaited.remove(record.tid) != nil, result == nil { lacksEnd = true }
        let asked = call.requests.transfers
        let moved = result.map { call.requests.moved(record.call, $0).lowerBound } ?? asked
        transfers += moved
        guard files[call.file] != nil else { return }
        files[call.file]!.done[call.direction] += moved
        files[call.file]!.begun[call.direction] -= asked - min(moved, asked)
        enterSteadyIfWarm(record.nanoseconds, warmup, window)
    }

    private mutating func close(_ record: TransferRecord) {
        guard files.removeValue(forKey: record.file) != nil, files.isEmpty, phase == .warmup || phase == .steady else {
            return
        }
        interrupted = phase
        enter(.closed, record.nanoseconds)
    }

    private mutating func enterSteadyIfWarm(_ nanoseconds: UInt64, _ warmup: Warmup, _ window: SteadyWindow) {
        guard phase == .warmup, window.holds(nanoseconds), nanoseconds >= firstTransfer + warmup.nanoseconds,
            transfers >= warmup.transfers,
            files.values.contains(where: { $0.begun != [0, 0, 0] }), files.values.allSatisfy({ $0.isWarm(warmup) })
        else { return }
        if warmup.transfers > 0 { awaited = Set(begun.keys) }
        enter(.steady, nanoseconds)
    }

    private mutating func enter(_ phase: LedgerPhase, _ nanoseconds: UInt64) {
        if phase == .closed || self.phase == .closed && phase != .exit { interlude += 1 }
        self.phase = phase
        edges.append(PhaseEdge(at: nanoseconds, .phase(phase, interlude: interlude)))
    }
}

/// The memory lock through the steady phase, as far as each of its transfers shows it.
struct SteadyLock {
    private(set) var first: MemoryLock?
    private(set) var isKnown = true
    private(set) var isLost = false

    mutating func note(_ lock: MemoryLock?) {
        guard let lock else {
            isKnown = false
            return
        }
        if first == nil { first = lock }
        if !lock.isFuture { isLost = first!.isFuture }
    }
}

extension PhaseEdge {
    fileprivate var isSteady: Bool {
        if case .phase(.steady, _) = change { return true }
        return false
    }

    fileprivate var isOfTeardown: Bool {
        if case .phase(let phase, _) = change { return phase == .closed || phase == .exit }
        return false
    }
}

extension ProcessLedger {
    /// Without the interposer's counts.
    package init(_ process: TransferringProcess, areFaultsKnown: Bool) {
        self.init(pid: process.reported.pid, parentPid: process.reported.parent, executable: process.path)
        attached = false
        take(process, areFaultsKnown: areFaultsKnown)
        lock.flags = lock.flagsAtSteady
    }

    /// Its phases, and what is known at their edges.
    mutating func take(_ process: TransferringProcess, areFaultsKnown: Bool) {
        phasesByKernel = true
        faultsByKernel = true
        steadyBeginsLate = process.beginsLate
        steadyReached = process.isSteady
        lastInterlude = process.interlude
        endsClosed = process.endsClosed
        lastPhase = Phase(process.phase)
        lock.observed = process.lock.isKnown && process.lock.first != nil
        lock.lockedBytes = process.lock.first?.lockedBytes ?? 0
        lock.flagsAtSteady = process.lock.first?.isFuture ?? false ? .future : []
        lock.lostInSteady = process.lock.isLost
        phases = PhaseLedgers()
        for phase in Phase.allCases {
            // The faults of the steady phase alone are counted.
            phases[phase].faultsKnown = areFaultsKnown && phase == .steady
            phases[phase].durationNanoseconds = process.nanoseconds(in: phase)
        }
    }
}
