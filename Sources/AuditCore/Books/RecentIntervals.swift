/// The phase interval that each thread was in last: of a million records few are the first in theirs.
struct RecentIntervals {
    private var lately: [Int32: PhaseBook.PhaseInterval] = [:]
    private let phases: PhaseBook
    private let ancestry: Ancestry

    init(_ phases: PhaseBook, _ ancestry: Ancestry) {
        self.phases = phases
        self.ancestry = ancestry
    }

    /// That of the process, or of its nearest ancestor that reported.
    mutating func interval(of pid: Int32, tid: Int32, at nanoseconds: UInt64) -> PhaseBook.PhaseInterval {
        if let known = lately[tid], known.holds(pid, at: nanoseconds) { return known }
        let nearest = phases.nearestReported(pid, at: nanoseconds, ancestry)
        var interval = phases.interval(of: nearest, tid: tid, at: nanoseconds)
        interval.pid = pid
        interval.times = nanoseconds..<min(interval.times.upperBound, ancestry.next(of: pid, after: nanoseconds))
        lately[tid] = interval
        return interval
    }
}
