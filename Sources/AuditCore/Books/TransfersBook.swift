/// The transfers on O_DIRECT files as the kernel saw them, by process, thread and phase.
package struct TransfersBook {
    package struct Key: Hashable {
        package let owner: Owner
        package let tid: Int32
        package let moment: PhaseBook.Moment
        package let call: TransferCall
    }

    private enum Place: Hashable {
        case reported(Key)
        /// Of a process that never reported.
        case unreported(pid: Int32, TransferCall)
    }

    /// A call that has begun, and that counts as done unless its end says otherwise.
    private struct Begun {
        let place: Place
        var transfers: UInt64
        let bytes: UInt64
        /// The iocbs of a submission.
        var requests: UInt64 = 1
    }

    private var counts: [Place: EventCount] = [:]
    private var begun: [Int32: Begun] = [:]
    package private(set) var requests: [Owner: UnknownTransfers] = [:]

    package init() {}

    /// Those of processes that reported.
    package var reported: [(key: Key, transfers: EventCount)] {
        counts.compactMap { place, count in
            guard case .reported(let key) = place, count.calls > 0 else { return nil }
            return (key, count)
        }
    }

    /// Those of processes that never reported, by pid.
    package var unreported: [Int32: [TransferCall: UInt64]] {
        counts.reduce(into: [:]) { unreported, entry in
            guard case .unreported(let pid, let call) = entry.key, entry.value.calls > 0 else { return }
            unreported[pid, default: [:]][call] = entry.value.calls
        }
    }

    /// - Parameter records: those of one thread in the order of time.
    /// - Parameter parents: of processes that were forked and have not called exec. What a child does that never reports counts
    ///   for its parent: a vfork child's calls are counted there, since it shares the parent's memory.
    package mutating func add(_ records: [TransferRecord], _ phases: PhaseBook, parents: [Int32: Int32] = [:]) {
        for record in records {
            let place = place(of: record, phases, parents)
            switch record.act {
            case .begins(let bytes): begin(record, place, EventCount(calls: 1, bytes: bytes), of: 1)
            case .submits(let direct, let all): begin(record, place, EventCount(calls: direct), of: all)
            case .ends(let result): end(record, result)
            case .completes(let result, let isFileKnown): complete(place, result, isFileKnown)
            case .closes: break
            }
        }
    }

    private mutating func begin(_ record: TransferRecord, _ place: Place, _ count: EventCount, of all: UInt64) {
        counts[place, default: EventCount()].calls += count.calls
        // A length that the program made up wraps around, and back again when the call has ended.
        counts[place]!.bytes &+= count.bytes
        begun[record.tid] = Begun(place: place, transfers: count.calls, bytes: count.bytes, requests: all)
    }

    /// A call that moved nothing is no transfer. Of a submission that the kernel took in part, which requests it took is not known:
    /// at least those that are transfers even if it took all others.
    private mutating func end(_ record: TransferRecord, _ result: Int64) {
        guard let call = begun.removeValue(forKey: record.tid) else { return }
        let taken = record.call == .ioSubmit ? UInt64(max(0, result)) : result > 0 ? 1 : 0
        // Of 32-bit code no iocb could be read.
        let all = max(call.requests, taken)
        let others = all - min(all, call.transfers)
        let least = taken - min(taken, others)
        let most = min(taken, max(call.transfers, all - call.requests))
        counts[call.place]!.calls -= call.transfers - min(call.transfers, least)
        // Of a submission the bytes are not known.
        if record.call != .ioSubmit {
            counts[call.place]!.bytes &+= UInt64(max(0, result)) &- call.bytes
        }
        guard most > least, case .reported(let key) = call.place else { return }
        requests[key.owner, default: UnknownTransfers()].partlyTaken += most - least
    }

    private mutating func complete(_ place: Place, _ result: Int64, _ isFileKnown: Bool) {
        if isFileKnown, result > 0 {
            counts[place, default: EventCount()] += EventCount(calls: 1, bytes: UInt64(result))
        }
        guard case .reported(let key) = place, !isFileKnown || result <= 0 else { return }
        if isFileKnown {
            requests[key.owner, default: UnknownTransfers()].failed += 1
        } else if result <= 0 {
            requests[key.owner, default: UnknownTransfers()].withoutFile += 1
        } else {
            requests[key.owner, default: UnknownTransfers()].spliced += 1
        }
    }

    private func place(of record: TransferRecord, _ phases: PhaseBook, _ parents: [Int32: Int32]) -> Place {
        let pid = phases.nearestReported(record.pid, parents)
        guard let (owner, moment) = phases.find(pid, tid: record.tid, at: record.nanoseconds) else {
            return .unreported(pid: record.pid, record.call)
        }
        // Which of the parent's threads the child was is not known.
        return .reported(Key(owner: owner, tid: pid == record.pid ? record.tid : 0, moment: moment, call: record.call))
    }
}

/// Requests of one process of which the kernel's records say less than whether they were transfers.
package struct UnknownTransfers: Equatable, Sendable {
    /// io_uring's, that failed: the interposer counts a request when it is submitted.
    package var failed: UInt64 = 0
    /// io_uring's, that failed before they had a file.
    package var withoutFile: UInt64 = 0
    /// IORING_OP_SPLICE: the file that it reads from is not known.
    package var spliced: UInt64 = 0
    /// Of submissions by io_submit that the kernel took in part.
    package var partlyTaken: UInt64 = 0

    package init() {}

    static func += (left: inout Self, right: Self) {
        left.failed += right.failed
        left.withoutFile += right.withoutFile
        left.spliced += right.spliced
        left.partlyTaken += right.partlyTaken
    }
}
