/// A phase as the interposer notes it (`enum dioaudit_phase`), of which the report shows fewer (`Phase`).
package enum LedgerPhase: Sendable {
    /// It has not attached yet; of a thread: it follows its process.
    case none
    case setup, warmup, steady
    /// No O_DIRECT file is open any more. Whether that was the end (teardown) or an interlude is known only later.
    case closed
    /// `steady` and `closed` in a region that the program declared as allowed, or in a thread that is not judged.
    case allowed, allowedClosed
    /// Exit has begun.
    case exit

    package var isClosed: Bool { self == .closed || self == .allowedClosed }

    package var isAllowed: Bool { self == .allowed || self == .allowedClosed }

    /// An event now may be a violation.
    package var isStrict: Bool { self == .steady || self == .closed }

    /// The same in an allowed region.
    var inAllowedRegion: LedgerPhase {
        switch self {
        case .steady: .allowed
        case .closed: .allowedClosed
        default: self
        }
    }
}

extension Phase {
    /// The report's name for a phase of a process that has ended.
    package init(_ phase: LedgerPhase) {
        switch phase {
        case .none, .setup: self = .setup
        case .warmup: self = .warmup
        case .steady, .allowed: self = .steady
        case .closed, .allowedClosed, .exit: self = .teardown
        }
    }
}

/// Whether a time without an open O_DIRECT file was the end (teardown) or an interlude, part of the phase it interrupted.
package struct Interludes {
    package let last: UInt32
    package let endsClosed: Bool

    package init(last: UInt32, phase: LedgerPhase) {
        self.last = last
        endsClosed = phase == .closed || phase == .exit
    }

    package func isTheEnd(_ interlude: UInt32) -> Bool {
        endsClosed && interlude == last
    }
}
