import AuditCore
import LedgerABI

extension ThreadLedger {
    init(_ rows: UnsafePointer<dioaudit_thread>, _ interludes: Interludes) {
        let thread = rows.pointee
        self.init(tid: thread.tid, name: text(thread.name), doesTransfers: thread.does_transfers != 0)
        for index in DIOAUDIT_PHASE_SETUP.rawValue..<DIOAUDIT_PHASE_COUNT.rawValue {
            let closed = [DIOAUDIT_PHASE_CLOSED.rawValue, DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue].contains(index)
            let interrupted = closed && !interludes.isTheEnd(thread.interlude)
            add(rows, index, to: Phase(interrupted ? thread.interlude_from : index))
        }
        steadyFaults = Faults(minor: thread.steady_faults.minor, major: thread.steady_faults.major)
        matched = thread.matched != 0
        endedUnmeasured = thread.ended_unmeasured > 0
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let mark = dioaudit_thread_last_transfer(rows, event)
            if mark > 0 { lastTransfer[kind] = mark - 1 }
        }
    }

    private mutating func add(_ rows: UnsafePointer<dioaudit_thread>, _ index: UInt32, to phase: Phase) {
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let cell = dioaudit_thread_cell(rows, index, event)
            let count = EventCount(calls: cell.calls, bytes: cell.bytes)
            phases[phase].events[kind] += count
            if Phase.isAllowed(index), phase == .steady { allowed[kind] += count }
        }
        for direction in [DIOAUDIT_TRANSFER_READ, DIOAUDIT_TRANSFER_WRITE] {
            let cell = dioaudit_thread_cell(rows, index, direction.rawValue)
            phases[phase].transfers += cell.calls
            phases[phase].transferredBytes += cell.bytes
        }
        phases[phase].syncs += dioaudit_thread_cell(rows, index, DIOAUDIT_SYNC.rawValue).calls
    }

    /// A thread has several rows if a signal handler claimed some while it was claiming its own.
    static func merged(_ threads: [ThreadLedger]) -> [ThreadLedger] {
        var merged: [ThreadLedger] = []
        for thread in threads {
            guard thread.tid != 0, let index = merged.firstIndex(where: { $0.tid == thread.tid }) else {
                merged.append(thread)
                continue
            }
            merged[index].phases += thread.phases
            merged[index].allowed += thread.allowed
            merged[index].steadyFaults += thread.steadyFaults
            merged[index].matched = merged[index].matched || thread.matched
            merged[index].endedUnmeasured = merged[index].endedUnmeasured || thread.endedUnmeasured
            merged[index].doesTransfers = merged[index].doesTransfers || thread.doesTransfers
            merged[index].lastTransfer.merge(thread.lastTransfer, uniquingKeysWith: max)
        }
        return merged
    }
}
