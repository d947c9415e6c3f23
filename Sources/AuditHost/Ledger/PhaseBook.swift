import LedgerABI

/// Whose record in the shared ledger: which arena, and which process in it.
struct Owner: Hashable {
    let arena: UInt32
    let process: UInt32
}

/// Which process and which phase something at a given time belongs to, as the interposer has noted it down.
struct PhaseBook {
    /// The phase of a moment. Of an interlude it is not known yet whether it will have been the end.
    struct Moment: Hashable {
        var phase: UInt32
        var interlude: UInt32 = 0
        /// What the interlude interrupted.
        var interrupted: UInt32 = 0
        /// In a stretch where the beginnings of allowed regions found no place any more.
        var isUncertain = false

        /// What happens now may be a violation.
        var isStrict: Bool { phase == DIOAUDIT_PHASE_STEADY.rawValue || phase == DIOAUDIT_PHASE_CLOSED.rawValue }
    }

    /// For how long a thread stays in a phase, so that not every record has to ask.
    struct Stretch {
        /// Null for a process that never reported, or has become a program that did not.
        let found: (Owner, Moment)?
        var pid: Int32
        let times: Range<UInt64>

        func holds(_ record: KernelRecord) -> Bool { record.pid == pid && times.contains(record.nanoseconds) }
    }

    private struct Life {
        let owner: Owner
        /// Of the image for the process that attached; of the fork for its children.
        var begins: UInt64
        let edgesLostAt: UInt64
    }

    private var lives: [Int32: [Life]] = [:]
    private var execs: [Int32: [UInt64]] = [:]
    private var edges: [Owner: [dioaudit_edge]] = [:]

    init(_ execs: [ExecRecord]) {
        for exec in execs { self.execs[exec.pid, default: []].append(exec.nanoseconds) }
    }

    /// Takes in an arena.
    ///
    /// - Parameter execs: when processes became programs: before that the record is another's.
    mutating func add(_ index: UInt32, _ arena: OpaquePointer, edgesUsed: UInt32, _ execs: [ExecRecord]) {
        for record in 0..<UInt32(DIOAUDIT_PROCESSES) {
            let place = dioaudit_process_at(arena, record)!
            guard dioaudit_process_state(place) != DIOAUDIT_PROCESS_FREE.rawValue else { break }
            let process = place.pointee
            let exec = execs.last { $0.pid == process.pid && $0.nanoseconds <= process.started_nanoseconds }
            lives[process.pid, default: []].append(
                Life(
                    owner: Owner(arena: index, process: record),
                    begins: record == 0 ? exec?.nanoseconds ?? process.started_nanoseconds : 0,
                    edgesLostAt: process.edges_lost_at))
            lives[process.pid]!.sort { $0.begins < $1.begins }
        }
        for slot in 0..<min(edgesUsed, UInt32(DIOAUDIT_EDGES)) {
            let place = dioaudit_edge_at(arena, slot)!
            guard dioaudit_edge_ready(place) != 0 else { continue }
            let edge = place.pointee
            edges[Owner(arena: index, process: edge.owner), default: []].append(edge)
        }
        for owner in edges.keys where owner.arena == index { edges[owner]!.sort { $0.nanoseconds < $1.nanoseconds } }
    }

    /// Takes in a process that has no arena.
    ///
    /// - Parameter phases: with when they began, in the order of time.
    mutating func add(_ owner: Owner, _ pid: Int32, _ phases: [(dioaudit_phase, began: UInt64)]) {
        lives[pid] = [Life(owner: owner, begins: 0, edgesLostAt: 0)]
        edges[owner] = phases.map { phase, began in
            var edge = dioaudit_edge()
            edge.nanoseconds = began
            edge.phase = phase.rawValue
            return edge
        }
    }

    /// It has reported.
    func knows(_ pid: Int32) -> Bool { lives[pid] != nil }

    /// Null for a process that never reported, or has become a program that did not.
    func find(_ pid: Int32, tid: Int32, at nanoseconds: UInt64) -> (Owner, Moment)? {
        guard let candidates = lives[pid] else { return nil }
        guard let life = candidates.last(where: { $0.begins <= nanoseconds }) ?? candidates.first else { return nil }
        let becameAnother = execs[pid]?.contains { $0 > life.begins && $0 <= nanoseconds } ?? false
        if becameAnother { return nil }
        return (life.owner, moment(life, tid, nanoseconds))
    }

    func stretch(of pid: Int32, tid: Int32, at nanoseconds: UInt64) -> Stretch {
        let found = find(pid, tid: tid, at: nanoseconds)
        var end = UInt64.max
        func note(_ time: UInt64) { if time > nanoseconds { end = min(end, time) } }
        execs[pid]?.forEach(note)
        for life in lives[pid] ?? [] {
            note(life.begins)
            note(life.edgesLostAt)
            for edge in edges[life.owner] ?? [] { note(edge.nanoseconds) }
        }
        return Stretch(found: found, pid: pid, times: nanoseconds..<end)
    }

    private func moment(_ life: Life, _ tid: Int32, _ nanoseconds: UInt64) -> Moment {
        var moment = Moment(phase: DIOAUDIT_PHASE_SETUP.rawValue)
        var own = DIOAUDIT_PHASE_NONE.rawValue
        var allowed = false
        for edge in edges[life.owner] ?? [] {
            if edge.nanoseconds > nanoseconds { break }
            if edge.allows != 0 {
                if edge.tid == tid { allowed = edge.allows == DIOAUDIT_ALLOWS_BEGIN.rawValue }
            } else if edge.tid == tid {
                own = edge.phase
            } else if edge.tid == 0, edge.phase != DIOAUDIT_PHASE_NONE.rawValue {
                moment = Moment(phase: edge.phase, interlude: edge.interlude, interrupted: moment.phase)
            }
        }
        if own != DIOAUDIT_PHASE_NONE.rawValue { moment.phase = own }
        if allowed {
            if moment.phase == DIOAUDIT_PHASE_STEADY.rawValue { moment.phase = DIOAUDIT_PHASE_ALLOWED.rawValue }
            if moment.phase == DIOAUDIT_PHASE_CLOSED.rawValue { moment.phase = DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue }
        }
        if moment.phase != DIOAUDIT_PHASE_CLOSED.rawValue, moment.phase != DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue {
            moment.interlude = 0
            moment.interrupted = 0
        }
        moment.isUncertain = life.edgesLostAt != 0 && nanoseconds >= life.edgesLostAt
        return moment
    }
}
