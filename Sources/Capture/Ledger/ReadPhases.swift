import AuditCore
import LedgerABI

extension LedgerPhase {
    /// That of an `enum dioaudit_phase`.
    init(_ phase: UInt32) {
        switch phase {
        case DIOAUDIT_PHASE_SETUP.rawValue: self = .setup
        case DIOAUDIT_PHASE_EXIT.rawValue: self = .exit
        case DIOAUDIT_PHASE_WARMUP.rawValue: self = .warmup
        case DIOAUDIT_PHASE_STEADY.rawValue: self = .steady
        case DIOAUDIT_PHASE_CLOSED.rawValue: self = .closed
        case DIOAUDIT_PHASE_ALLOWED.rawValue: self = .allowed
        case DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue: self = .allowedClosed
        default: self = .none
        }
    }

    /// Those that have rows in the ledger, each with its index.
    static var rows: [(index: UInt32, phase: LedgerPhase)] {
        (DIOAUDIT_PHASE_SETUP.rawValue..<DIOAUDIT_PHASE_COUNT.rawValue).map { ($0, LedgerPhase($0)) }
    }
}

extension PhaseEdge {
    init(_ edge: dioaudit_edge) {
        let change: Change =
            switch dioaudit_allows(edge.allows) {
            case DIOAUDIT_ALLOWS_BEGIN: .allowedRegion(begins: true)
            case DIOAUDIT_ALLOWS_END: .allowedRegion(begins: false)
            case DIOAUDIT_OWN_BEGIN: .ownWork(begins: true)
            case DIOAUDIT_OWN_END: .ownWork(begins: false)
            default: .phase(LedgerPhase(edge.phase), interlude: edge.interlude)
            }
        self.init(at: edge.nanoseconds, tid: edge.tid, change)
    }
}

extension PhaseBook {
    /// Adds the processes and edges of an arena.
    mutating func add(_ index: UInt32, _ arena: OpaquePointer, edgesUsed: UInt32) {
        var edges: [UInt32: [PhaseEdge]] = [:]
        for slot in 0..<min(edgesUsed, UInt32(DIOAUDIT_EDGES)) {
            let place = dioaudit_edge_at(arena, slot)!
            guard dioaudit_edge_ready(place) != 0 else { continue }
            let edge = place.pointee
            edges[edge.owner, default: []].append(PhaseEdge(edge))
        }
        for record in 0..<UInt32(DIOAUDIT_PROCESSES) {
            let place = dioaudit_process_at(arena, record)!
            guard dioaudit_process_state(place) != DIOAUDIT_PROCESS_FREE.rawValue else { break }
            let process = place.pointee
            add(
                ReportedProcess(
                    owner: Owner(arena: index, process: record), pid: process.pid, parent: process.parent_pid,
                    started: process.started_nanoseconds, edgesLostAt: process.edges_lost_at),
                edges[record] ?? [])
        }
    }
}
