/// The phases of processes that never reported, from the transfers that the kernel saw: static programs, Go, other libcs.
///
/// A file is known from its first transfer on, so that an interlude ends there, and not where a file is opened. Exit is not seen: a
/// process that never closes its last O_DIRECT file is in its steady phase to its end.
package struct KernelPhases {
    package struct Rules: Sendable {
        let warmupTransfers: UInt64
        let warmupNanoseconds: UInt64

        package init(warmupTransfers: UInt64, warmupNanoseconds: UInt64) {
            self.warmupTransfers = warmupTransfers
            self.warmupNanoseconds = warmupNanoseconds
        }
    }

    /// One program image of a process: an exec makes another.
    private struct Image: Hashable {
        let pid: Int32
        let exec: UInt64
    }

    private let rules: Rules
    private var places: [Image: Int] = [:]
    package private(set) var processes: [TransferringProcess] = []

    package init(_ rules: Rules) {
        self.rules = rules
    }

    /// - Parameters:
    ///   - records: those of one thread in the order of time.
    ///   - phases: of the processes that reported.
    package mutating func add(
        _ records: [TransferRecord], _ phases: PhaseBook, _ execs: [ExecRecord], _ ancestry: Ancestry
    ) {
        let execs = Dictionary(grouping: execs, by: \.pid)
        var intervals = RecentIntervals(phases, ancestry)
        for record in records {
            guard intervals.interval(of: record.pid, tid: record.tid, at: record.nanoseconds).found == nil else {
                continue
            }
            let exec = execs[record.pid]?.last { $0.nanoseconds <= record.nanoseconds }
            let image = Image(pid: record.pid, exec: exec?.nanoseconds ?? 0)
            let index = places[image] ?? processes.endIndex
            if index == processes.endIndex {
                // What has done nothing yet cannot close its last file.
                if record.act == .closes { continue }
                places[image] = index
                let parent = ancestry.fork(of: record.pid, at: record.nanoseconds)?.parent ?? 0
                processes.append(TransferringProcess(record, exec, number: UInt32(index), parent: parent))
            }
            processes[index].add(record, rules)
        }
    }

    /// Makes the processes known by their phases.
    package func add(to phases: inout PhaseBook) {
        for process in processes { phases.add(process.reported, process.edges) }
    }
}

/// A process that never reported, and does transfers.
package struct TransferringProcess {
    /// An open file, in each direction.
    private struct File {
        var begun: [UInt64] = [0, 0]
        var done: [UInt64] = [0, 0]

        func isWarm(_ warmup: UInt64) -> Bool { zip(begun, done).allSatisfy { $0 == 0 || $1 >= warmup } }
    }

    private struct Begun {
        let file: UInt64
        let direction: Int
    }

    /// Arenas have low numbers.
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
    private(set) var lock = SteadyLock()

    fileprivate init(_ record: TransferRecord, _ exec: ExecRecord?, number: UInt32, parent: Int32) {
        reported = ReportedProcess(
            owner: Owner(arena: Self.firstArena + number, process: 0), pid: record.pid, parent: parent,
            started: record.nanoseconds)
        path = exec?.path ?? ""
    }

    package var owner: Owner { reported.owner }
    package var isSteady: Bool { edges.contains { $0.isSteady } }
    var endsClosed: Bool { phase == .closed }

    fileprivate mutating func add(_ record: TransferRecord, _ rules: KernelPhases.Rules) {
        switch record.act {
        case .begins, .submits(direct: 1..., of: _): begin(record, rules)
        case .submits: break
        case .ends(let result): end(record, moved: result > 0, rules)
        case .completes(let result, let isFileKnown) where isFileKnown && result > 0:
            begin(record, rules)
            end(record, moved: true, rules)
        case .completes: break
        case .closes: close(record)
        }
    }

    private mutating func begin(_ record: TransferRecord, _ rules: KernelPhases.Rules) {
        // The thread's last one has ended: only those that moved less than all are reported again.
        end(record, moved: true, rules)
        if phase == .setup {
            firstTransfer = record.nanoseconds
            enter(.warmup, record.nanoseconds)
        } else if phase == .closed {
            enter(interrupted, record.nanoseconds)
        }
        begun[record.tid] = Begun(file: record.file, direction: record.isWrite ? 1 : 0)
        files[record.file, default: File()].begun[record.isWrite ? 1 : 0] += 1
        if rules.warmupTransfers == 0 { enterSteadyIfWarm(record.nanoseconds, rules) }
        if phase == .steady { lock.note(record.lock) }
    }

    private mutating func end(_ record: TransferRecord, moved: Bool, _ rules: KernelPhases.Rules) {
        guard let call = begun.removeValue(forKey: record.tid), files[call.file] != nil else { return }
        if moved {
            files[call.file]!.done[call.direction] += 1
        } else {
            files[call.file]!.begun[call.direction] -= 1
        }
        enterSteadyIfWarm(record.nanoseconds, rules)
    }

    private mutating func close(_ record: TransferRecord) {
        guard files.removeValue(forKey: record.file) != nil, files.isEmpty, phase == .warmup || phase == .steady else {
            return
        }
        interrupted = phase
        enter(.closed, record.nanoseconds)
    }

    private mutating func enterSteadyIfWarm(_ nanoseconds: UInt64, _ rules: KernelPhases.Rules) {
        guard phase == .warmup, nanoseconds >= firstTransfer + rules.warmupNanoseconds,
            files.values.contains(where: { $0.done != [0, 0] || rules.warmupTransfers == 0 }),
            files.values.allSatisfy({ $0.isWarm(rules.warmupTransfers) })
        else { return }
        enter(.steady, nanoseconds)
    }

    private mutating func enter(_ phase: LedgerPhase, _ nanoseconds: UInt64) {
        if phase == .closed || self.phase == .closed { interlude += 1 }
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
}

extension ProcessLedger {
    /// Without the interposer's counts.
    package init(_ process: TransferringProcess, areFaultsKnown: Bool) {
        self.init(pid: process.reported.pid, parentPid: process.reported.parent, executable: process.path)
        attached = false
        phasesByKernel = true
        faultsByKernel = true
        steadyReached = process.isSteady
        lastInterlude = process.interlude
        endsClosed = process.endsClosed
        lastPhase = Phase(process.phase)
        lock.observed = process.lock.isKnown && process.lock.first != nil
        lock.lockedBytes = process.lock.first?.lockedBytes ?? 0
        lock.flagsAtSteady = process.lock.first?.isFuture ?? false ? .future : []
        lock.flags = lock.flagsAtSteady
        lock.lostInSteady = process.lock.isLost
        // The faults of the steady phase alone are counted.
        for phase in Phase.allCases { phases[phase].faultsKnown = areFaultsKnown && phase == .steady }
    }
}
