import AuditCore
import LedgerABI

extension Phase {
    /// The report's name for an `enum dioaudit_phase` of a process that has ended.
    init(_ phase: UInt32) {
        switch phase {
        case DIOAUDIT_PHASE_WARMUP.rawValue: self = .warmup
        case DIOAUDIT_PHASE_STEADY.rawValue, DIOAUDIT_PHASE_ALLOWED.rawValue: self = .steady
        case DIOAUDIT_PHASE_EXIT.rawValue, DIOAUDIT_PHASE_CLOSED.rawValue, DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue:
            self = .teardown
        default: self = .setup
        }
    }

    static func isAllowed(_ phase: UInt32) -> Bool {
        phase == DIOAUDIT_PHASE_ALLOWED.rawValue || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED.rawValue
    }
}

/// Whether a time without an open O_DIRECT file was the end (teardown) or an interlude, part of the phase it interrupted.
struct Interludes {
    let last: UInt32
    let endsClosed: Bool

    init(last: UInt32, phase: UInt32) {
        self.last = last
        endsClosed = phase == DIOAUDIT_PHASE_CLOSED.rawValue || phase == DIOAUDIT_PHASE_EXIT.rawValue
    }

    func isTheEnd(_ interlude: UInt32) -> Bool {
        endsClosed && interlude == last
    }
}
