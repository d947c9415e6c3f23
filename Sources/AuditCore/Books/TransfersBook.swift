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
        let call: TransferCall
        let file: UInt64
        let bytes: UInt64
        let requests: Requests

        /// A call that did all that it was asked for has no end, and what ends next may be a call that had begun on another file.
        func isEnded(by record: TransferRecord) -> Bool {
            call == record.call && (call == .ioSubmit || file == record.file)
        }
    }

    /// Completions of one thread's requests that follow each other in one place: of a million, few have another place than the one
    /// before.
    private struct Run {
        private(set) var place: Place?
        private(set) var count = EventCount()
        private var call = TransferCall.ioUring
        private var tid: Int32 = 0
        private var interval: PhaseBook.PhaseInterval?

        init() {}

        init(of record: TransferRecord, at place: Place, in interval: PhaseBook.PhaseInterval) {
            self.place = place
            self.interval = interval
            call = record.call
            tid = record.tid
        }

        /// False if the record is not such a completion.
        mutating func takes(_ record: TransferRecord) -> Bool {
            guard case .completes(let result, isFileKnown: true) = record.act, result > 0, record.tid == tid,
                record.call == call, let interval, interval.holds(record.pid, at: record.nanoseconds)
            else { return false }
            count += EventCount(calls: 1, bytes: UInt64(result))
            return true
        }
    }

    private var counts: [Place: EventCount] = [:]
    private var begun: [Int32: Begun] = [:]
    package private(set) var requests: [Owner: UnknownTransfers] = [:]

    package init() {}

    /// Those of processes that reported; also where each call failed.
    package var reported: [(key: Key, transfers: EventCount)] {
        counts.compactMap { place, count in
            guard case .reported(let key) = place else { return nil }
            return (key, count)
        }
    }

    /// Those of processes that never reported, by pid, with all that may be one: that they make none is no reason against a pass.
    package var unreported: [Int32: [TransferCall: UInt64]] {
        counts.reduce(into: [:]) { unreported, entry in
            guard case .unreported(let pid, let call) = entry.key, entry.value.calls > 0 else { return }
            unreported[pid, default: [:]][call] = entry.value.calls
        }
    }

    /// - Parameter records: those of one thread in the order of time.
    package mutating func add(_ records: [TransferRecord], _ phases: PhaseBook, _ ancestry: Ancestry) {
        var intervals = RecentIntervals(phases, ancestry)
        var run = Run()
        for record in records {
            if case .ends(let result) = record.act {
                end(record, result)
                continue
            }
            if run.takes(record) { continue }
            add(&run)
            let interval = intervals.interval(of: record.pid, tid: record.tid, at: record.nanoseconds)
            let place = place(of: record, interval, phases)
            switch record.act {
            case .begins(let bytes): begin(record, place, bytes: bytes)
            case .submits: begin(record, place, bytes: 0)
            case .completes(let result, let isFileKnown):
                complete(place, result, isFileKnown)
                run = Run(of: record, at: place, in: interval)
            case .ends, .closes: break
            }
        }
        add(&run)
    }

    private mutating func add(_ run: inout Run) {
        if let place = run.place, run.count.calls > 0 { counts[place, default: EventCount()] += run.count }
        run = Run()
    }

    private mutating func begin(_ record: TransferRecord, _ place: Place, bytes: UInt64) {
        let requests = Requests(record)
        counts[place, default: EventCount()].calls += requests.transfers
        // A length that the program made up wraps around, and back again when the call has ended.
        counts[place]!.bytes &+= bytes
        begun[record.tid] = Begun(
            place: place, call: record.call, file: record.file, bytes: bytes, requests: requests)
    }

    private mutating func end(_ record: TransferRecord, _ result: Int64) {
        guard let call = begun[record.tid], call.isEnded(by: record) else { return }
        begun[record.tid] = nil
        // Of a submission the bytes are not known.
        if record.call != .ioSubmit { counts[call.place]!.bytes &+= UInt64(max(0, result)) &- call.bytes }
        let transfers = call.requests.moved(call.call, result)
        guard case .reported(let key) = call.place else {
            counts[call.place]!.calls -= call.requests.transfers - transfers.upperBound
            return
        }
        counts[call.place]!.calls -= call.requests.transfers - transfers.lowerBound
        guard transfers.count > 1 else { return }
        requests[key.owner, default: UnknownTransfers()].partlyTaken += transfers.upperBound - transfers.lowerBound
    }

    private mutating func complete(_ place: Place, _ result: Int64, _ isFileKnown: Bool) {
        if isFileKnown, result > 0 {
            counts[place, default: EventCount()] += EventCount(calls: 1, bytes: UInt64(result))
        }
        guard !isFileKnown || result <= 0 else { return }
        guard case .reported(let key) = place else {
            if result > 0 { counts[place, default: EventCount()].calls += 1 }
            return
        }
        if isFileKnown {
            requests[key.owner, default: UnknownTransfers()].failed += 1
        } else if result <= 0 {
            requests[key.owner, default: UnknownTransfers()].withoutFile += 1
        } else {
            requests[key.owner, default: UnknownTransfers()].unseen += 1
        }
    }

    private func place(of record: TransferRecord, _ interval: PhaseBook.PhaseInterval, _ phases: PhaseBook) -> Place {
        guard let (owner, moment) = interval.found else { return .unreported(pid: record.pid, record.call) }
        // Which of the parent's threads a child was is not known.
        let tid = phases.knows(record.pid) ? record.tid : 0
        return .reported(Key(owner: owner, tid: tid, moment: moment, call: record.call))
    }
}

/// Requests of one process of which the kernel's records say less than whether they were transfers.
package struct UnknownTransfers: Equatable, Sendable {
    /// io_uring's, that failed: the interposer counts a request when it is submitted.
    package var failed: UInt64 = 0
    /// io_uring's, that failed before they had a file.
    package var withoutFile: UInt64 = 0
    /// io_uring's that may have moved data of an O_DIRECT file: a splice, whose second file is not known; a request that asked for
    /// no completion; one whose completion found its queue full.
    package var unseen: UInt64 = 0
    /// Of long submissions by io_submit that the kernel took in part, and of those by 32-bit code.
    package var partlyTaken: UInt64 = 0

    package init() {}

    static func += (left: inout Self, right: Self) {
        left.failed += right.failed
        left.withoutFile += right.withoutFile
        left.unseen += right.unseen
        left.partlyTaken += right.partlyTaken
    }
}
