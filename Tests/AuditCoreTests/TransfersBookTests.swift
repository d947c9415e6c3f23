import AuditCore
import Testing

/// Transfers as the kernel saw them: process 10 is in its steady phase from 200 to 300.
@Suite struct TransfersBookTests {
    private static let owner = Owner(arena: 0, process: 0)

    private static func record(
        _ call: TransferCall, _ act: TransferRecord.Act, at nanoseconds: UInt64, pid: Int32 = 10, tid: Int32 = 10
    ) -> TransferRecord {
        TransferRecord(nanoseconds: nanoseconds, pid: pid, tid: tid, call: call, act: act, file: 1, isWrite: false)
    }

    private static func book(_ records: [TransferRecord], parents: [Int32: Int32] = [:]) -> TransfersBook {
        var phases = PhaseBook([])
        phases.add(
            ReportedProcess(owner: owner, pid: 10, parent: 1, started: 100),
            [PhaseEdge(at: 200, .phase(.steady)), PhaseEdge(at: 300, .phase(.exit))])
        var book = TransfersBook()
        book.add(records, phases, parents: parents)
        return book
    }

    private func transfers(_ records: TransferRecord...) -> KernelTransfers {
        var ledger = Ledger()
        ledger.processes = [ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")]
        ledger.add(Self.book(records), of: [Self.owner])
        return ledger.processes[0].kernelTransfers!
    }

    @Test func aCallThatEndsAsAskedIsATransfer() {
        let transfers = transfers(
            Self.record(.pread64, .begins(bytes: 4096), at: 199), Self.record(.pread64, .begins(bytes: 4096), at: 200),
            Self.record(.pwritev2, .begins(bytes: 4096), at: 299, tid: 12),
            Self.record(.pread64, .begins(bytes: 4096), at: 300),
            Self.record(.ioUring, .completes(result: 512, isFileKnown: true), at: 250))
        #expect(transfers.calls == ["pread64": 3, "pwritev2": 1, "io_uring": 1])
        #expect(transfers.steady == 3)
        // A request of io_uring's is completed by whichever thread is there.
        #expect(transfers.threads == [10: 3, 12: 1])
    }

    @Test(arguments: [(-5, 0), (0, 0), (1, 1), (4095, 1)] as [(Int64, UInt64)])
    func aCallThatMovedNothingIsNone(result: Int64, transfers: UInt64) {
        let counted = self.transfers(
            Self.record(.read, .begins(bytes: 4096), at: 250), Self.record(.read, .ends(result: result), at: 251))
        #expect(counted.all == transfers)
        let book = Self.book([
            Self.record(.read, .begins(bytes: 10), at: 240), Self.record(.read, .begins(bytes: 4096), at: 250),
            Self.record(.read, .ends(result: result), at: 251),
        ])
        #expect(
            book.reported.map(\.transfers) == [EventCount(calls: transfers + 1, bytes: 10 + UInt64(max(0, result)))])
    }

    /// The end of one thread's call says nothing of another's, and each end is its own call's.
    @Test func anEndIsItsThreadsOwn() {
        let counted = transfers(
            Self.record(.read, .begins(bytes: 1), at: 250), Self.record(.write, .begins(bytes: 1), at: 251, tid: 12),
            Self.record(.read, .ends(result: -5), at: 252), Self.record(.read, .ends(result: -5), at: 253))
        #expect(counted.calls.filter { $0.value > 0 } == ["write": 1])
    }

    /// Of five iocbs three are on O_DIRECT files; the kernel took some. At least those beyond the two others were transfers.
    @Test(
        arguments: [(5, 3, 0), (4, 2, 1), (3, 1, 2), (2, 0, 2), (1, 0, 1), (0, 0, 0), (-11, 0, 0)]
            as [(Int64, UInt64, UInt64)])
    func ofAPartOfASubmissionTheLeastCounts(taken: Int64, transfers: UInt64, unknown: UInt64) {
        let book = Self.book([
            Self.record(.ioSubmit, .submits(direct: 3, of: 5), at: 250),
            Self.record(.ioSubmit, .ends(result: taken), at: 251),
        ])
        #expect(book.reported.reduce(0) { $0 + $1.transfers.calls } == transfers)
        #expect(book.requests[Self.owner]?.partlyTaken ?? 0 == unknown)
    }

    @Test func aRequestCountsWhenItIsComplete() {
        let book = Self.book([
            Self.record(.ioUring, .completes(result: 4096, isFileKnown: true), at: 250),
            Self.record(.ioUring, .completes(result: 0, isFileKnown: true), at: 251),
            Self.record(.ioUring, .completes(result: -5, isFileKnown: true), at: 252),
            Self.record(.ioUring, .completes(result: -9, isFileKnown: false), at: 253),
            Self.record(.ioUring, .completes(result: 4096, isFileKnown: false), at: 254),
        ])
        var unknown = UnknownTransfers()
        (unknown.failed, unknown.withoutFile, unknown.spliced) = (2, 1, 1)
        #expect(book.reported.map(\.transfers) == [EventCount(calls: 1, bytes: 4096)])
        #expect(book.requests == [Self.owner: unknown])
    }

    @Test func aProcessThatNeverReportedIsListed() {
        let read = TransferRecord.Act.begins(bytes: 1)
        let records = [
            Self.record(.read, read, at: 250, pid: 11, tid: 11), Self.record(.write, read, at: 251, pid: 11, tid: 11),
            Self.record(.write, .ends(result: 0), at: 252, pid: 11, tid: 11),
        ]
        #expect(Self.book(records).unreported == [11: [.read: 1]])
        #expect(Self.book(records).reported.isEmpty)
        // A child that shares its parent's memory: which of the parent's threads it was is not known.
        let asChild = Self.book(records, parents: [11: 10])
        #expect(asChild.unreported.isEmpty)
        #expect(asChild.reported.map { [Int($0.key.tid), Int($0.transfers.calls)] } == [[0, 1]])
    }

    @Test func aThreadWhoseTransfersOnlyTheKernelSawDoesTransfers() {
        var ledger = Ledger()
        var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")
        process.threads = [10, 12].map { ThreadLedger(tid: $0, name: "", doesTransfers: false) }
        process.threads[0].phases[.steady].transfers = 1
        ledger.processes = [process]
        let read = TransferRecord.Act.begins(bytes: 1)
        ledger.add(
            Self.book([Self.record(.read, read, at: 250), Self.record(.read, read, at: 251, tid: 12)]), of: [Self.owner]
        )
        #expect(ledger.processes[0].threads.map(\.doesTransfers) == [false, true])
    }
}
