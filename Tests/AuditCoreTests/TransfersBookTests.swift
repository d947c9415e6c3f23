import AuditCore
import Testing

/// The kernel's view of transfers: process 10 is in its steady phase from 200 to 300.
@Suite struct TransfersBookTests {
    private static let owner = Owner(arena: 3, process: 0)

    private static func phases() -> PhaseBook {
        var book = PhaseBook([])
        book.add(
            ReportedProcess(owner: owner, pid: 10, parent: 1, started: 100),
            [PhaseEdge(at: 200, .phase(.steady)), PhaseEdge(at: 300, .phase(.exit))])
        return book
    }

    private static func record(
        _ call: TransferCall, _ act: TransferRecord.Act, at nanoseconds: UInt64 = 250, pid: Int32 = 10, tid: Int32 = 10,
        file: UInt64 = 0xf11e, directBits: UInt64 = 0
    ) -> TransferRecord {
        TransferRecord(
            nanoseconds: nanoseconds, pid: pid, tid: tid, call: call, act: act, file: file, isWrite: false,
            directBits: directBits)
    }

    private static func begins(_ call: TransferCall, at nanoseconds: UInt64 = 250, tid: Int32 = 10) -> TransferRecord {
        record(call, .begins(bytes: 4096), at: nanoseconds, tid: tid)
    }

    private static func book(_ records: [TransferRecord], _ family: [KernelRecord] = []) -> TransfersBook {
        var ancestry = Ancestry()
        ancestry.note(family)
        var book = TransfersBook()
        book.add(records, phases(), ancestry)
        return book
    }

    private static func forked(_ pid: Int32, from parent: Int32, at nanoseconds: UInt64) -> KernelRecord {
        KernelRecord(
            nanoseconds: nanoseconds, pid: pid, tid: pid, kind: .forked, site: UInt64(UInt32(bitPattern: parent)))
    }

    private static func becameProgram(_ pid: Int32, at nanoseconds: UInt64) -> KernelRecord {
        KernelRecord(nanoseconds: nanoseconds, pid: pid, tid: pid, kind: .becameProgram)
    }

    /// Process 10 after a submission of so many iocbs, of which the kernel took others. The last ones are the direct ones.
    private static func submission(direct: UInt64, of read: UInt64, taken: Int64) -> KernelTransfers {
        let bits = (0..<min(64, read)).filter { $0 >= read - direct }.reduce(UInt64(0)) { $0 | 1 << $1 }
        return kernel([
            record(.ioSubmit, .submits(direct: direct, of: read), directBits: bits),
            record(.ioSubmit, .ends(result: taken), file: 0),
        ])
    }

    private static func kernel(_ records: [TransferRecord], _ family: [KernelRecord] = []) -> KernelTransfers {
        var ledger = Ledger()
        ledger.processes = [ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")]
        ledger.add(book(records, family), of: [owner])
        return ledger.processes[0].kernelTransfers ?? KernelTransfers()
    }

    private static func unknown(_ change: (inout UnknownTransfers) -> Void) -> UnknownTransfers {
        var unknown = UnknownTransfers()
        change(&unknown)
        return unknown
    }

    // MARK: system calls

    @Test func callsCountInTheirPhaseAndThread() {
        let kernel = Self.kernel([
            Self.begins(.pwrite64, at: 199), Self.begins(.pwrite64, at: 200), Self.begins(.pread64, at: 299, tid: 12),
            Self.begins(.sendfile, at: 300),
        ])
        #expect(kernel.calls == ["pwrite64": 2, "pread64": 1, "sendfile": 1])
        #expect(kernel.steady == 2)
        #expect(kernel.threads == [10: 3, 12: 1])
        #expect(kernel.unknown == UnknownTransfers())
    }

    @Test(arguments: [(-4, 0), (-512, 0), (0, 0), (1, 1), (2048, 1)] as [(Int64, UInt64)])
    func aCallThatMovedNothingIsNoTransfer(result: Int64, transfers: UInt64) {
        let kernel = Self.kernel([
            Self.begins(.preadv2), Self.begins(.pread64, tid: 12), Self.record(.preadv2, .ends(result: result)),
        ])
        #expect(kernel.all == transfers + 1)
        #expect(kernel.threads == (transfers == 1 ? [10: 1, 12: 1] : [12: 1]))
    }

    /// The length is known when a call begins, or when it ends, or else is what it asked for.
    @Test func bytesAreThoseMoved() {
        let bytes = { (records: [TransferRecord]) in Self.book(records).reported.map(\.transfers.bytes) }
        #expect(bytes([Self.begins(.pwrite64), Self.begins(.pwrite64)]) == [8192])
        #expect(bytes([Self.begins(.read), Self.record(.read, .ends(result: 512))]) == [512])
        #expect(bytes([Self.begins(.read), Self.begins(.read), Self.record(.read, .ends(result: -5))]) == [4096])
        let vectored = [Self.record(.preadv, .begins(bytes: 0)), Self.record(.preadv, .ends(result: 777))]
        #expect(bytes(vectored) == [777])
        let madeUp = [Self.record(.read, .begins(bytes: .max)), Self.record(.read, .ends(result: 10))]
        #expect(bytes([Self.begins(.read)] + madeUp) == [4106])
        #expect(bytes([Self.record(.ioUring, .completes(result: 99, isFileKnown: true))]) == [99])
    }

    /// A call that did all that it was asked for has no end. What ends next had begun on another file.
    @Test func anEndIsThatOfItsOwnCall() {
        #expect(Self.kernel([Self.begins(.pwrite64), Self.record(.read, .ends(result: -11))]).all == 1)
        #expect(Self.kernel([Self.begins(.read), Self.record(.read, .ends(result: 0))]).all == 0)
        #expect(Self.kernel([Self.begins(.read), Self.record(.read, .ends(result: 0), file: 0xabc)]).all == 1)
        let twice = [Self.begins(.read), Self.begins(.read), Self.record(.read, .ends(result: 0))]
        #expect(Self.kernel(twice + [Self.record(.read, .ends(result: 0))]).all == 1)
    }

    @Test func anEndCountsInThePhaseInWhichItsCallBegan() {
        let kernel = Self.kernel([Self.begins(.read, at: 199), Self.record(.read, .ends(result: 0), at: 250)])
        #expect(kernel.all == 0 && kernel.steady == 0)
        #expect(Self.kernel([Self.begins(.read, at: 250), Self.begins(.read, at: 301)]).steady == 1)
    }

    // MARK: libaio

    @Test func aSubmissionThatWasTakenWholeCountsItsDirectOnes() {
        #expect(Self.submission(direct: 8, of: 8, taken: 8).calls == ["io_submit": 8])
        #expect(Self.submission(direct: 3, of: 8, taken: 8).calls == ["io_submit": 3])
        #expect(Self.submission(direct: 0, of: 8, taken: 8).calls == [:])
        #expect(Self.submission(direct: 3, of: 8, taken: 8).unknown == UnknownTransfers())
    }

    /// The kernel takes them in their order.
    @Test func aSubmissionThatWasTakenInPartCountsItsFirstOnes() {
        #expect(Self.submission(direct: 8, of: 8, taken: 3).calls == ["io_submit": 3])
        #expect(Self.submission(direct: 8, of: 8, taken: -22).calls == [:])
        #expect(Self.submission(direct: 8, of: 8, taken: 0).calls == [:])
        #expect(Self.submission(direct: 5, of: 8, taken: 4).calls == ["io_submit": 1])
        #expect(Self.submission(direct: 5, of: 8, taken: 3).calls == [:])
        #expect(Self.submission(direct: 1, of: 65, taken: 64).calls == [:])
        #expect(Self.submission(direct: 2, of: 65, taken: 64).calls == ["io_submit": 1])
        #expect(Self.submission(direct: 65, of: 65, taken: 64).calls == ["io_submit": 64])
        #expect(Self.submission(direct: 5, of: 8, taken: 4).unknown == UnknownTransfers())
    }

    /// Of 100, of which 50 are direct, 65 were taken: at least 15 of them are, and at most 50 are.
    @Test func beyondThe64thItIsNotKnownWhichWereTaken() {
        let part = Self.submission(direct: 50, of: 100, taken: 65)
        #expect(part.calls == ["io_submit": 15])
        #expect(part.unknown == Self.unknown { $0.partlyTaken = 35 })
        #expect(Self.submission(direct: 100, of: 100, taken: 65).calls == ["io_submit": 65])
        #expect(Self.submission(direct: 100, of: 100, taken: 65).unknown == UnknownTransfers())
        #expect(Self.submission(direct: 0, of: 100, taken: 65).unknown == UnknownTransfers())
    }

    /// Iocbs of 32-bit code are not read.
    @Test func ofIocbsThatWereNotReadNothingIsKnown() {
        let kernel = Self.submission(direct: 0, of: 0, taken: 6)
        #expect(kernel.calls == [:])
        #expect(kernel.unknown == Self.unknown { $0.partlyTaken = 6 })
        #expect(Self.submission(direct: 0, of: 0, taken: -38).unknown == UnknownTransfers())
    }

    // MARK: io_uring

    @Test func aRequestCountsWhenItIsComplete() {
        let kernel = Self.kernel([
            Self.record(.ioUring, .completes(result: 4096, isFileKnown: true), at: 150),
            Self.record(.ioUring, .completes(result: 1, isFileKnown: true), tid: 77),
            Self.record(.ioUring, .completes(result: 0, isFileKnown: true)),
            Self.record(.ioUring, .completes(result: -5, isFileKnown: true)),
            Self.record(.ioUring, .completes(result: -125, isFileKnown: false)),
            Self.record(.ioUring, .completes(result: 0, isFileKnown: false)),
            Self.record(.ioUring, .completes(result: -9, isFileKnown: false)),
            Self.record(.ioUring, .completes(result: 4096, isFileKnown: false)),
        ])
        #expect(kernel.calls == ["io_uring": 2])
        #expect(kernel.steady == 1)
        #expect(kernel.threads == [:], "the thread may be the kernel's that polls the queue")
        #expect(
            kernel.unknown
                == Self.unknown {
                    $0.failed = 2
                    $0.withoutFile = 3
                    $0.unseen = 1
                })
    }

    /// A request may complete in the midst of a call of the same thread.
    @Test func aCompletionEndsNoCall() {
        let kernel = Self.kernel([
            Self.begins(.pwrite64), Self.record(.ioUring, .completes(result: -5, isFileKnown: true)),
            Self.record(.ioUring, .completes(result: 512, isFileKnown: true)),
            Self.record(.pwrite64, .ends(result: -28)),
        ])
        #expect(kernel.calls == ["io_uring": 1])
    }

    @Test func aCloseIsNoTransfer() {
        #expect(Self.kernel([Self.record(.read, .closes), Self.begins(.read)]).all == 1)
    }

    // MARK: whose

    /// A child by vfork calls in its parent's memory, where the interposer counts it.
    @Test func whatAnUnreportedChildDoesIsItsParents() {
        let child = [
            Self.record(.write, .begins(bytes: 512), pid: 11, tid: 11),
            Self.record(.write, .begins(bytes: 512), pid: 12, tid: 12),
            Self.record(.read, .begins(bytes: 512), pid: 12, tid: 12),
            Self.record(.read, .ends(result: 0), pid: 12, tid: 12),
        ]
        let family = [Self.forked(11, from: 10, at: 210), Self.forked(12, from: 11, at: 220)]
        let kernel = Self.kernel(child + [Self.begins(.write)], family)
        #expect(kernel.calls == ["write": 3])
        #expect(kernel.threads == [0: 2, 10: 1], "which of the parent's threads is not known")
    }

    /// Forks and execs are folded ahead of the transfers: those of a child are its parent's until the child's own exec, whether or not
    /// the parent has called exec meanwhile, and after it they are an unreported program's.
    @Test func aChildIsItsParentsUntilItsOwnExec() {
        let family = [
            Self.forked(11, from: 10, at: 210), Self.forked(12, from: 11, at: 220), Self.becameProgram(11, at: 230),
            Self.becameProgram(12, at: 260),
        ]
        let records = [219, 225, 235, 255, 260].map { Self.record(.write, .begins(bytes: 1), at: $0, pid: 12, tid: 12) }
        let book = Self.book(records, family)
        #expect(book.reported.map(\.transfers.calls) == [3])
        #expect(book.unreported == [12: [.write: 2]], "before its fork the number was another's")
    }

    @Test func aProcessThatNeverReportedIsListedByItsPid() {
        let records = [
            Self.record(.write, .begins(bytes: 512), pid: 11, tid: 11),
            Self.record(.pread64, .begins(bytes: 512), pid: 11, tid: 12),
            Self.record(.pread64, .ends(result: -5), pid: 11, tid: 12),
            Self.record(.ioUring, .completes(result: 512, isFileKnown: true), pid: 13, tid: 13),
            Self.record(.ioUring, .completes(result: -5, isFileKnown: true), pid: 14, tid: 14),
            // These may be transfers.
            Self.record(.ioUring, .completes(result: 512, isFileKnown: false), pid: 15, tid: 15),
            Self.record(.ioUring, .completes(result: -5, isFileKnown: false), pid: 16, tid: 16),
        ]
        let book = Self.book(records)
        #expect(book.reported.isEmpty)
        #expect(book.unreported == [11: [.write: 1], 13: [.ioUring: 1], 15: [.ioUring: 1]])
        var ledger = Ledger()
        ledger.add(book, of: [])
        #expect(ledger.unreportedTransfers == [11: 1, 13: 1, 15: 1])
    }

    @Test func recordsMayComeInParts() {
        var book = TransfersBook()
        book.add([Self.begins(.pread64)], Self.phases(), Ancestry())
        book.add([Self.record(.pread64, .ends(result: 0)), Self.begins(.pread64)], Self.phases(), Ancestry())
        #expect(book.reported.map(\.transfers.calls) == [1])
    }

    // MARK: threads

    private static func threads(_ counted: [Int32: UInt64], seen: [TransferRecord]) -> [ThreadLedger] {
        var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")
        process.threads = counted.sorted { $0.key < $1.key }.map { tid, transfers in
            var thread = ThreadLedger(tid: tid, name: "", doesTransfers: false)
            thread.phases[.steady].transfers = transfers
            return thread
        }
        var ledger = Ledger()
        ledger.processes = [process]
        ledger.add(book(seen), of: [owner])
        return ledger.processes[0].threads
    }

    /// `--scope io-threads` judges who transfers by whatever way.
    @Test func aThreadWhoseTransfersOnlyTheKernelSawTransfers() {
        let seen = [Self.begins(.write), Self.begins(.write, tid: 12)]
        #expect(Self.threads([10: 1, 12: 0, 13: 0], seen: seen).map(\.doesTransfers) == [false, true, false])
    }

    /// A thread's number may be one of an ended thread's, whose transfers stand in the row that all ended threads share.
    @Test func transfersOfEndedThreadsMarkNoOther() {
        let seen = [Self.begins(.write, tid: 12), Self.begins(.write, tid: 12)]
        #expect(Self.threads([0: 2, 12: 0], seen: seen).map(\.doesTransfers) == [false, false])
        #expect(Self.threads([0: 1, 12: 0], seen: seen).map(\.doesTransfers) == [false, true])
    }
}
