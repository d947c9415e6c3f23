import AuditCore
import LedgerABI
import LinuxSystem

extension ThreadLedger {
    init(_ rows: UnsafePointer<dioaudit_thread>, _ interludes: Interludes) {
        let thread = rows.pointee
        self.init(tid: thread.tid, name: text(thread.name), doesTransfers: thread.does_transfers != 0)
        for (index, phase) in LedgerPhase.rows {
            let interrupted = phase.isClosed && !interludes.isTheEnd(thread.interlude)
            add(rows, index, phase, to: Phase(interrupted ? LedgerPhase(thread.interlude_from) : phase))
        }
        steadyFaults = Faults(minor: thread.steady_faults.minor, major: thread.steady_faults.major)
        matched = thread.matched != 0
        endedUnmeasured = thread.ended_unmeasured > 0
        quiet = QuietTimes(last: thread.quiet.last, longest: thread.quiet.from..<thread.quiet.to)
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let mark = dioaudit_thread_last_transfer(rows, event)
            if mark > 0 { lastTransfer[kind] = mark - 1 }
            let calls = dioaudit_thread_straddling(rows, event)
            if calls > 0 { straddling[kind] = calls }
        }
    }

    private mutating func add(
        _ rows: UnsafePointer<dioaudit_thread>, _ index: UInt32, _ row: LedgerPhase, to phase: Phase
    ) {
        func calls(_ cell: dioaudit_event) -> UInt64 { dioaudit_thread_cell(rows, index, cell.rawValue).calls }
        for event in 0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue) {
            guard let kind = EventKind(event: event) else { continue }
            let cell = dioaudit_thread_cell(rows, index, event)
            let count = EventCount(calls: cell.calls, bytes: cell.bytes)
            phases[phase].events[kind] += count
            if row.isAllowed, phase == .steady { allowed[kind] += count }
        }
        for direction in [DIOAUDIT_TRANSFER_READ, DIOAUDIT_TRANSFER_WRITE] {
            let cell = dioaudit_thread_cell(rows, index, direction.rawValue)
            phases[phase].transfers += cell.calls
            phases[phase].addTransferredBytes(cell.bytes)
        }
        phases[phase].syncs += calls(DIOAUDIT_SYNC)
        guard phase == .steady else { return }
        collapses += calls(DIOAUDIT_COLLAPSE)
        guard !row.isAllowed else { return }
        idle[.syscallMmap, default: 0] += calls(DIOAUDIT_IDLE_MMAP)
        idle[.syscallBrk, default: 0] += calls(DIOAUDIT_IDLE_BRK)
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
            merged[index].quiet = merged[index].quiet.with(thread.quiet)
            merged[index].collapses += thread.collapses
            merged[index].idle.merge(thread.idle, uniquingKeysWith: +)
            merged[index].straddling.merge(thread.straddling, uniquingKeysWith: +)
            merged[index].lastTransfer.merge(thread.lastTransfer, uniquingKeysWith: max)
        }
        return merged
    }
}
