import LedgerABI

/// A process's record in the shared ledger, by its arena and its index there.
struct Owner: Hashable {
    let arena: UInt32
    let process: UInt32
}

/// Finds the process and the phase of an event by its time, from the phase edges in the ledger.
struct PhaseBook {
    /// The phase at a time. Whether an interlude was the end (teardown) is known only later.
    struct Moment: Hashable {
        var phase: UInt32
        var interlude: UInt32 = 0
        /// The phase that the interlude interrupted.
        var interrupted: UInt32 = 0
        /// The ledger had no room for edges of allowed regions before this time.
        var isUncertain = false

        /// An event now may be a violation.
        var isStrict: Bool { phase == DIOAUDIT_PHASE_STEADY.rawValue || phase == DIOAUDIT_PHASE_CLOSED.rawValue }
    }

    /// The time in which a thread stays in a phase, so that not every record is looked up.
    struct PhaseInterval {
        /// Nil for a process that never reported, or whose current program did not.
        let found: (Owner, Moment)?
        var pid: Int32
        let times: Range<UInt64>

        func holds(_ record: KernelRecord) -> Bool { record.pid == pid && times.contains(record.nanoseconds) }
    }

    /// One use of a pid, by a program image or a forked child: an exec, or reuse of the pid, begins another.
    private struct ProcessIncarnation {
        let owner: Owner
        /// When exec began the image, for the process that attached; 0 for children that it forked.
        var begins: UInt64
        let edgesLostAt: UInt64
        /// Who started the process that became the image; nil where the exec is not known.
        var parent: Int32?
    }

    private var incarnations: [Int32: [ProcessIncarnation]] = [:]
    private var execs: [Int32: [UInt64]] = [:]
    private var edges: [Owner: [dioaudit_edge]] = [:]

    init(_ execs: [ExecRecord]) {
        for exec in execs { self.execs[exec.pid, default: []].append(exec.nanoseconds) }
    }

    /// Adds the processes and edges of an arena.
    ///
    /// - Parameter execs: when processes called exec: before that, a pid's events belong to another record.
    mutating func add(_ index: UInt32, _ arena: OpaquePointer, edgesUsed: UInt32, _ execs: [ExecRecord]) {
        for record in 0..<UInt32(DIOAUDIT_PROCESSES) {
            let place = dioaudit_process_at(arena, record)!
            guard dioaudit_process_state(place) != DIOAUDIT_PROCESS_FREE.rawValue else { break }
            let process = place.pointee
            let exec = execs.last { $0.pid == process.pid && $0.nanoseconds <= process.started_nanoseconds }
            incarnations[process.pid, default: []].append(
                ProcessIncarnation(
                    owner: Owner(arena: index, process: record),
                    begins: record == 0 ? exec?.nanoseconds ?? process.started_nanoseconds : 0,
                    edgesLostAt: process.edges_lost_at,
                    parent: record == 0 && exec != nil ? process.parent_pid : nil))
            incarnations[process.pid]!.sort { $0.begins < $1.begins }
        }
        for slot in 0..<min(edgesUsed, UInt32(DIOAUDIT_EDGES)) {
            let place = dioaudit_edge_at(arena, slot)!
            guard dioaudit_edge_ready(place) != 0 else { continue }
            let edge = place.pointee
            edges[Owner(arena: index, process: edge.owner), default: []].append(edge)
        }
        for owner in edges.keys where owner.arena == index { edges[owner]!.sort { $0.nanoseconds < $1.nanoseconds } }
    }

    /// Adds a process that has no arena.
    ///
    /// - Parameter phases: each with the time at which it began, in the order of time.
    mutating func add(_ owner: Owner, _ pid: Int32, _ phases: [(dioaudit_phase, began: UInt64)]) {
        incarnations[pid] = [ProcessIncarnation(owner: owner, begins: 0, edgesLostAt: 0)]
        edges[owner] = phases.map { phase, began in
            var edge = dioaudit_edge()
            edge.nanoseconds = began
            edge.phase = phase.rawValue
            return edge
        }
    }

    /// The process has reported.
    func knows(_ pid: Int32) -> Bool { incarnations[pid] != nil }

    /// The pid whose memory the process had. Before its first exec a process that has not reported is a child by vfork or clone,
    /// which shares its parent's memory.
    private func responsible(for pid: Int32, at nanoseconds: UInt64) -> Int32 {
        guard let first = incarnations[pid]?.first, nanoseconds < first.begins, let parent = first.parent, knows(parent)
        else { return pid }
        return parent
    }

    /// Nil for a process that never reported, or whose current program did not.
    func find(_ pid: Int32, tid: Int32, at nanoseconds: UInt64) -> (Owner, Moment)? {
        let pid = responsible(for: pid, at: nanoseconds)
        guard let candidates = incarnations[pid] else { return nil }
        let known = candidates.last { $0.begins <= nanoseconds } ?? candidates.first
        guard let incarnation = known else { return nil }
        let becameAnother = execs[pid]?.contains { $0 > incarnation.begins && $0 <= nanoseconds } ?? false
        if becameAnother { return nil }
        return (incarnation.owner, moment(incarnation, tid, nanoseconds))
    }

    func interval(of pid: Int32, tid: Int32, at nanoseconds: UInt64) -> PhaseInterval {
        let found = find(pid, tid: tid, at: nanoseconds)
        var end = UInt64.max
        func note(_ time: UInt64) { if time > nanoseconds { end = min(end, time) } }
        execs[pid]?.forEach(note)
        let responsible = responsible(for: pid, at: nanoseconds)
        let others = responsible == pid ? [] : incarnations[responsible] ?? []
        for incarnation in (incarnations[pid] ?? []) + others {
            note(incarnation.begins)
            note(incarnation.edgesLostAt)
            for edge in edges[incarnation.owner] ?? [] { note(edge.nanoseconds) }
        }
        return PhaseInterval(found: found, pid: pid, times: nanoseconds..<end)
    }

    private func moment(_ incarnation: ProcessIncarnation, _ tid: Int32, _ nanoseconds: UInt64) -> Moment {
        var moment = Moment(phase: DIOAUDIT_PHASE_SETUP.rawValue)
        var own = DIOAUDIT_PHASE_NONE.rawValue
        var allowed = false
        for edge in edges[incarnation.owner] ?? [] {
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
        moment.isUncertain = incarnation.edgesLostAt != 0 && nanoseconds >= incarnation.edgesLostAt
        return moment
    }
}
