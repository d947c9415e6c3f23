/// The phase interval that each thread was in last: of a million records few are the first in theirs.
struct RecentIntervals {
    private var lately: [Int32: PhaseBook.PhaseInterval] = [:]
    /// That of the thread whose record was the last.
    private var last: (tid: Int32, interval: PhaseBook.PhaseInterval)?
    private let phases: PhaseBook
    private let ancestry: Ancestry

    init(_ phases: PhaseBook, _ ancestry: Ancestry) {
        self.phases = phases
        self.ancestry = ancestry
    }

    /// That of the process, or of its nearest ancestor that reported.
    mutating func interval(of pid: Int32, tid: Int32, at nanoseconds: UInt64) -> PhaseBook.PhaseInterval {
        if let last, last.tid == tid, last.interval.holds(pid, at: nanoseconds) { return last.interval }
        let interval = recent(pid, tid, nanoseconds) ?? find(pid, tid, nanoseconds)
        last = (tid, interval)
        return interval
    }

    private func recent(_ pid: Int32, _ tid: Int32, _ nanoseconds: UInt64) -> PhaseBook.PhaseInterval? {
        guard let known = lately[tid], known.holds(pid, at: nanoseconds) else { return nil }
        return known
    }

    private mutating func find(_ pid: Int32, _ tid: Int32, _ nanoseconds: UInt64) -> PhaseBook.PhaseInterval {
        let nearest = phases.nearestReported(pid, at: nanoseconds, ancestry)
        var interval = phases.interval(of: nearest, tid: tid, at: nanoseconds)
        interval.pid = pid
        interval.times = nanoseconds..<min(interval.times.upperBound, ancestry.next(of: pid, after: nanoseconds))
        lately[tid] = interval
        return interval
    }
}
