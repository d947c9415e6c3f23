/// The phase interval that each thread was in last: of a million transfers few are the first in theirs.
struct RecentIntervals {
    private var lately: [Int32: PhaseBook.PhaseInterval] = [:]
    private let phases: PhaseBook
    /// Of processes that were forked and have not called exec.
    private let parents: [Int32: Int32]

    init(_ phases: PhaseBook, parents: [Int32: Int32]) {
        self.phases = phases
        self.parents = parents
    }

    /// That of the record's process, or of its nearest ancestor that reported.
    mutating func interval(_ record: TransferRecord) -> PhaseBook.PhaseInterval {
        if let known = lately[record.tid], known.holds(record.pid, at: record.nanoseconds) { return known }
        let pid = phases.nearestReported(record.pid, parents)
        var interval = phases.interval(of: pid, tid: record.tid, at: record.nanoseconds)
        interval.pid = record.pid
        lately[record.tid] = interval
        return interval
    }
}
