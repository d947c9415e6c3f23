import CDioaudit
import CLinux

/// The phases, entered by all jobs together.
///
/// Between its two meetings no job does anything, so that nothing of one phase can fall into another.
///
/// A handle that every job holds. What it points to lives until the process ends: a job may still be on its way out of
/// the last meeting.
struct Schedule {
    private let barrier: UnsafeMutablePointer<pthread_barrier_t>
    private let steady: UnsafeMutablePointer<Interval>

    private struct Interval {
        var start: Int64 = 0
        var end: Int64 = 0
    }

    init(jobs: Int) {
        barrier = .allocate(capacity: 1)
        pthread_barrier_init(barrier, nil, UInt32(jobs))
        steady = .allocate(capacity: 1)
        steady.initialize(to: Interval())
    }

    /// Waits for the other jobs and enters the phase with them. One of the jobs leads: it sets the marker.
    func enter(_ phase: Phase, leads: Bool) {
        pthread_barrier_wait(barrier)
        if leads {
            if phase == .teardown { steady.pointee.end = nanoseconds(CLOCK_MONOTONIC) }
            phase.mark()
            if phase == .steady { steady.pointee.start = nanoseconds(CLOCK_MONOTONIC) }
        }
        pthread_barrier_wait(barrier)
    }

    /// How long the steady phase took.
    var steadyNanoseconds: Int64 { steady.pointee.end - steady.pointee.start }
}

enum Phase {
    case setup, warmup, steady, teardown

    /// Tells dioaudit, if it is there.
    func mark() {
        dioaudit_phase(marker)
    }

    /// A pointer to a constant: no string is made.
    private var marker: UnsafePointer<CChar> {
        let name: StaticString =
            switch self {
            case .setup: "setup"
            case .warmup: "warmup"
            case .steady: "steady"
            case .teardown: "teardown"
            }
        return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// The time by a clock, as in clock_gettime(2).
func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
