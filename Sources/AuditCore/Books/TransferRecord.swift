/// What moves data of an O_DIRECT file.
package enum TransferCall: String, CaseIterable, Sendable {
    case read, write, pread64, pwrite64, readv, writev, preadv, pwritev, preadv2, pwritev2, sendfile, splice
    case copyFileRange = "copy_file_range"
    case ioSubmit = "io_submit"
    case ioUring = "io_uring"
}

/// What a thread did with O_DIRECT files, as the kernel saw it.
package struct TransferRecord: Timed {
    package enum Act: Equatable, Sendable {
        /// A system call begins that is one transfer.
        case begins(bytes: UInt64)
        /// It ends, and its result is not the length that it was asked for.
        case ends(result: Int64)
        /// io_submit begins, with as many iocbs on O_DIRECT files, of as many as could be read.
        case submits(direct: UInt64, of: UInt64)
        /// A request of io_uring's is complete. Its file is unknown if it failed early, or if no tracepoint shows its completion.
        case completes(result: Int64, isFileKnown: Bool)
        /// The file's last descriptor is closed.
        case closes
    }

    package let nanoseconds: UInt64
    package let pid: Int32
    /// The thread that made the call; of io_uring the one that submitted the request, or the kernel's that polls its queue.
    package let tid: Int32
    package let call: TransferCall
    package let act: Act
    /// Identifies the open file while it is open.
    package let file: UInt64
    package let isWrite: Bool
    /// Of a submission: a bit for each of the first 64 iocbs that is one of those on O_DIRECT files.
    package let directBits: UInt64

    /// When a system call begins; null where it is not known.
    package let lock: MemoryLock?
    /// Page faults that the thread has had by then; null where it is not known.
    package let faults: UInt64?

    package init(
        nanoseconds: UInt64, pid: Int32, tid: Int32, call: TransferCall, act: Act, file: UInt64, isWrite: Bool,
        directBits: UInt64 = 0, lock: MemoryLock? = nil, faults: UInt64? = nil
    ) {
        self.nanoseconds = nanoseconds
        self.pid = pid
        self.tid = tid
        self.call = call
        self.act = act
        self.file = file
        self.isWrite = isWrite
        self.directBits = directBits
        self.lock = lock
        self.faults = faults
    }
}

/// The requests of one call, of which some are transfers: of every call but io_submit it is one.
struct Requests {
    let transfers: UInt64
    /// Of 32-bit code none are known.
    let all: UInt64
    private let directBits: UInt64

    /// - Parameter record: of a call that begins.
    init(_ record: TransferRecord) {
        if case .submits(let direct, let all) = record.act {
            (transfers, self.all) = (direct, all)
        } else {
            (transfers, all) = (1, 1)
        }
        directBits = record.directBits
    }

    /// How many were transfers, as far as that is known. The kernel takes a submission's requests in their order, and a call that
    /// moved nothing is no transfer.
    func moved(_ call: TransferCall, _ result: Int64) -> ClosedRange<UInt64> {
        let taken = call == .ioSubmit ? UInt64(max(0, result)) : result > 0 ? 1 : 0
        if taken >= all, all > 0 { return transfers...transfers }
        if taken <= 64, all > 0 {
            let exact = UInt64((directBits & (taken < 64 ? 1 << taken - 1 : .max)).nonzeroBitCount)
            return exact...exact
        }
        let most = max(all, taken)
        let others = most - min(most, transfers)
        return taken - min(taken, others)...min(taken, max(transfers, most - all))
    }
}

/// The memory lock of a process at one time.
package struct MemoryLock: Equatable, Sendable {
    /// MCL_FUTURE is in effect.
    package let isFuture: Bool
    package let lockedBytes: UInt64

    package init(isFuture: Bool, lockedBytes: UInt64) {
        self.isFuture = isFuture
        self.lockedBytes = lockedBytes
    }
}
