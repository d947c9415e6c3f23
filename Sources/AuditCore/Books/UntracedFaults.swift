/// Page faults that no tracepoint shows: the kernel takes them by itself, for the pages that a transfer moves, or that mlock
/// populates. The kernel's count of each thread's faults, which comes with the records of BPF programs, has them.
package struct UntracedFaults {
    /// Between two looks at a thread: the phases after the first and before the second.
    package struct Key: Hashable {
        package let owner: Owner
        package let tid: Int32
        package let after: PhaseBook.Moment
        package let before: PhaseBook.Moment
    }

    private struct Look {
        let faults: UInt64
        let owner: Owner
        let moment: PhaseBook.Moment
        /// Faults that the tracepoint showed and the kernel had not counted yet: it counts one when it is over.
        var traced: UInt64 = 0
    }

    package private(set) var counts: [Key: UInt64] = [:]
    private var last: [Int32: Look] = [:]

    package init() {}

    /// - Parameters:
    ///   - transfers: in the order of time.
    ///   - records: the kernel witness's of the same time, in their order.
    package mutating func add(
        _ transfers: [TransferRecord], _ records: [KernelRecord], _ phases: PhaseBook, _ ancestry: Ancestry
    ) {
        var intervals = RecentIntervals(phases, ancestry)
        var rest = records[...]
        for transfer in transfers {
            while let record = rest.first, record.nanoseconds <= transfer.nanoseconds {
                note(record, &intervals)
                rest.removeFirst()
            }
            look(transfer.faults, transfer.pid, transfer.tid, transfer.nanoseconds, &intervals)
        }
        for record in rest { note(record, &intervals) }
    }

    private mutating func note(_ record: KernelRecord, _ intervals: inout RecentIntervals) {
        switch record.kind {
        case .allocation, .interrupt: look(record.faults, record.pid, record.tid, record.nanoseconds, &intervals)
        case .fault:
            look(record.faults, record.pid, record.tid, record.nanoseconds, &intervals)
            last[record.tid]?.traced += 1
        case .forked:
            last[record.tid] = nil
            look(0, record.pid, record.tid, record.nanoseconds, &intervals)
        case .ended:
            look(record.faults, record.pid, record.tid, record.nanoseconds, &intervals)
            last[record.tid] = nil
        case .mapped, .sharesMemory, .becameProgram: break
        }
    }

    private mutating func look(
        _ faults: UInt64?, _ pid: Int32, _ tid: Int32, _ nanoseconds: UInt64, _ intervals: inout RecentIntervals
    ) {
        guard let faults else { return }
        let earlier = last[tid]
        let counted = earlier.map { faults - min($0.faults, faults) } ?? 0
        let traced = earlier?.traced ?? 0
        if let earlier, counted > traced, let before = intervals.interval(of: pid, tid: tid, at: nanoseconds - 1).found,
            before.0 == earlier.owner
        {
            let key = Key(owner: earlier.owner, tid: tid, after: earlier.moment, before: before.1)
            counts[key, default: 0] += counted - traced
        }
        last[tid] = intervals.interval(of: pid, tid: tid, at: nanoseconds).found.map {
            Look(faults: faults, owner: $0.0, moment: $0.1, traced: traced - min(counted, traced))
        }
    }
}
