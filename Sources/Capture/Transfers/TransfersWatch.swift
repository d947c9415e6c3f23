import AuditCore
import CLinuxHost

/// The transfers witness's records, each kept until its phase is known, so that memory stays bounded.
package struct TransfersWatch: ~Copyable {
    package var pending: [TransferRecord] = []
    package var pages: [PagesRecord] = []
    var lost: UInt64 = 0
    /// Null while it watches.
    var problem: String?
    /// Why the resident pages of processes without an interposer are not watched; null if they are.
    package private(set) var pagesProblem: String?

    mutating func begin(_ opening: Opening, whyNoPages: String) {
        if opening.tracing == nil { problem = "BPF programs: \(opening.refusal ?? "not to be had here")" }
        if !whyNoPages.isEmpty { pagesProblem = whyNoPages }
    }

    mutating func note(_ record: UnsafeMutablePointer<cl_trace_record>) {
        guard record.pointee.kind != CL_TRACE_LOST.rawValue else {
            lost += record.pointee.bytes
            return
        }
        if record.pointee.kind == CL_PAGES.rawValue {
            pages.append(PagesRecord(record))
            return
        }
        guard let call = TransferCall(record.pointee.act), let act = TransferRecord.Act(record) else { return }
        pending.append(
            TransferRecord(
                nanoseconds: record.pointee.nanoseconds, pid: record.pointee.pid, tid: record.pointee.tid, call: call,
                act: act, file: record.pointee.address, isWrite: record.pointee.writes > 0,
                directBits: record.pointee.direct, lock: MemoryLock(record),
                faults: record.pointee.faultsSoFar))
    }

    package var witness: Witness {
        var witness = problem.map(Witness.unavailable) ?? .active
        if problem == nil, lost > 0 {
            witness = .partial("the transfers witness lost \(plural(lost, "record"))", .spareCPU)
        }
        if problem == nil { witness.tracing = .programs }
        return witness
    }
}

extension PagesRecord {
    fileprivate init(_ record: UnsafeMutablePointer<cl_trace_record>) {
        let (ofFiles, anonymous, shared) = record.pointee.argument
        // A sum over CPUs that change their parts meanwhile may be below zero.
        func pages(_ sum: UInt64) -> UInt64 { UInt64(max(0, Int64(bitPattern: sum))) }
        self.init(
            nanoseconds: record.pointee.nanoseconds, pid: record.pointee.parent, memory: record.pointee.address,
            others: pages(ofFiles &+ shared), anonymous: pages(anonymous), tid: record.pointee.tid,
            isByAnother: record.pointee.reads != 0, isInExec: record.pointee.writes != 0,
            faults: record.pointee.faultsSoFar ?? 0)
    }
}

extension MemoryLock {
    fileprivate init?(_ record: UnsafeMutablePointer<cl_trace_record>) {
        guard record.pointee.is_locked > 0 else { return nil }
        self.init(isFuture: record.pointee.is_locked == 2, lockedBytes: record.pointee.locked_pages << 12)
    }
}

extension TransferCall {
    /// - Parameter move: an `enum cl_move`, which has the same order.
    fileprivate init?(_ move: UInt32) {
        guard move < Self.allCases.count else { return nil }
        self = Self.allCases[Int(move)]
    }
}

extension TransferRecord.Act {
    fileprivate init?(_ record: UnsafeMutablePointer<cl_trace_record>) {
        switch cl_trace_kind(record.pointee.kind) {
        case CL_MOVES: self = .begins(bytes: record.pointee.bytes)
        case CL_MOVED: self = .ends(result: record.pointee.result)
        case CL_SUBMITS:
            self = .submits(
                direct: UInt64(record.pointee.reads) + UInt64(record.pointee.writes), of: record.pointee.bytes)
        case CL_COMPLETED: self = .completes(result: record.pointee.result, isFileKnown: record.pointee.address != 0)
        case CL_CLOSES: self = .closes
        default: return nil
        }
    }
}
