/// The kernel's counts by process, thread and phase, and the steady ones among them one by one.
package struct SyscallsBook {
    package struct Key: Hashable {
        package let owner: Owner
        package let tid: Int32
        package let moment: PhaseBook.Moment
        package let call: WatchedCall
    }

    /// Beyond this number calls are still counted, but a violation can no longer be matched with its heap call.
    package static let keptCalls = 4096

    package private(set) var counts: [Key: EventCount] = [:]
    package private(set) var strictCalls: [(owner: Owner, moment: PhaseBook.Moment, record: SyscallRecord)] = []
    /// Of processes that never reported, by pid.
    package private(set) var unreported: [Int32: [WatchedCall: EventCount]] = [:]

    package init() {}

    package mutating func add(_ records: [SyscallRecord], _ phases: PhaseBook) {
        for record in records {
            let one = EventCount(calls: 1, bytes: record.bytes)
            guard let (owner, moment) = phases.find(record.pid, tid: record.tid, at: record.nanoseconds) else {
                unreported[record.pid, default: [:]][record.call, default: EventCount()] += one
                continue
            }
            if moment.isOwnWork { continue }
            counts[Key(owner: owner, tid: record.tid, moment: moment, call: record.call), default: EventCount()] += one
            if moment.isStrict, strictCalls.count < Self.keptCalls {
                strictCalls.append((owner, moment, record))
            }
        }
    }
}
