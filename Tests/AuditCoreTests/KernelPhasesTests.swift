import AuditCore
import Testing

/// A program that never reports, pid 10, whose transfers the kernel saw.
@Suite struct KernelPhasesTests {
    private static func record(
        _ act: TransferRecord.Act, at nanoseconds: UInt64, file: UInt64 = 1, isWrite: Bool = true, pid: Int32 = 10,
        tid: Int32 = 10, _ call: TransferCall = .pwrite64
    ) -> TransferRecord {
        TransferRecord(
            nanoseconds: nanoseconds, pid: pid, tid: tid, call: call, act: act, file: file, isWrite: isWrite)
    }

    private static func begins(at nanoseconds: UInt64, file: UInt64 = 1, isWrite: Bool = true) -> TransferRecord {
        record(.begins(bytes: 4096), at: nanoseconds, file: file, isWrite: isWrite)
    }

    private static func ends(at nanoseconds: UInt64, result: Int64 = 4096) -> TransferRecord {
        record(.ends(result: result), at: nanoseconds)
    }

    private static func phases(
        _ records: [TransferRecord], warmup: UInt64 = 1, nanoseconds: UInt64 = 0, execs: [ExecRecord] = []
    ) -> (KernelPhases, PhaseBook) {
        var phases = KernelPhases(KernelPhases.Rules(warmupTransfers: warmup, warmupNanoseconds: nanoseconds))
        var book = PhaseBook(execs)
        phases.add(records, book, execs, Ancestry())
        phases.add(to: &book)
        return (phases, book)
    }

    /// The phase of pid 10 at each time.
    private static func found(_ records: [TransferRecord], warmup: UInt64 = 1, at times: [UInt64]) -> [LedgerPhase?] {
        let (_, book) = phases(records, warmup: warmup)
        return times.map { book.find(10, tid: 10, at: $0)?.1.phase }
    }

    @Test func theSteadyPhaseBeginsWhereTheFirstTransferEnds() {
        let records = [Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 120), Self.ends(at: 130)]
        #expect(
            Self.found(records, at: [99, 100, 109, 110, 125, 140]) == [
                .setup, .warmup, .warmup, .steady, .steady, .steady,
            ])
    }

    /// Where ends are reported of those only that moved less.
    @Test func aTransferHasEndedWhereItsThreadBeginsTheNext() {
        let records = [Self.begins(at: 100), Self.begins(at: 120), Self.begins(at: 130)]
        #expect(Self.found(records, at: [100, 119, 120, 130]) == [.warmup, .warmup, .steady, .steady])
    }

    @Test func aCallThatMovesNothingWarmsNothing() {
        let records = [Self.begins(at: 100), Self.ends(at: 110, result: -22), Self.begins(at: 120), Self.ends(at: 130)]
        #expect(Self.found(records, at: [110, 119, 129, 130]) == [.warmup, .warmup, .warmup, .steady])
    }

    @Test func eachFileAndDirectionHasItsOwnWarmup() {
        let records = [
            Self.begins(at: 100), Self.begins(at: 110, file: 2), Self.ends(at: 120),
            Self.begins(at: 130, isWrite: false), Self.ends(at: 140), Self.begins(at: 150), Self.ends(at: 160),
            Self.begins(at: 170, file: 2), Self.ends(at: 180), Self.begins(at: 190, isWrite: false), Self.ends(at: 200),
        ]
        #expect(Self.found(records, warmup: 2, at: [159, 179, 199, 200]) == [.warmup, .warmup, .warmup, .steady])
    }

    @Test func theTimeOfTheWarmupIsKept() {
        let records = [Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 190), Self.ends(at: 210)]
        let (_, book) = Self.phases(records, nanoseconds: 100)
        #expect([199, 209, 210].map { book.find(10, tid: 10, at: $0)?.1.phase } == [.warmup, .warmup, .steady])
    }

    @Test func anInterludeBelongsToThePhaseThatItInterrupts() {
        let records = [
            Self.begins(at: 100), Self.ends(at: 110), Self.record(.closes, at: 200), Self.begins(at: 300, file: 2),
            Self.ends(at: 310), Self.record(.closes, at: 400, file: 2),
        ]
        let (phases, book) = Self.phases(records)
        let process = ProcessLedger(phases.processes[0], areFaultsKnown: true)
        let moments = [150, 250, 305, 399, 450].map { book.find(10, tid: 10, at: $0)!.1 }
        #expect(moments.map(process.phase) == [.steady, .steady, .steady, .steady, .teardown])
        #expect(process.steadyReached)
    }

    @Test func aFileThatIsOpenElsewhereKeepsThePhase() {
        let records = [
            Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 120, file: 2), Self.record(.closes, at: 200),
        ]
        #expect(Self.found(records, at: [201]) == [.steady])
    }

    @Test func requestsOfIoUringCountWhenTheyAreComplete() {
        let records = [
            Self.record(.completes(result: -5, isFileKnown: true), at: 90, .ioUring),
            Self.record(.completes(result: 4096, isFileKnown: true), at: 100, .ioUring),
        ]
        #expect(Self.found(records, at: [95, 100]) == [.setup, .steady])
    }

    @Test func anExecMakesAnotherImage() {
        let execs = [
            ExecRecord(nanoseconds: 50, pid: 10, path: "/bin/a"), ExecRecord(nanoseconds: 200, pid: 10, path: "/bin/b"),
        ]
        let records = [Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 300), Self.ends(at: 310)]
        let (phases, book) = Self.phases(records, execs: execs)
        #expect(phases.processes.map(\.path) == ["/bin/a", "/bin/b"])
        #expect(
            [150, 250, 305, 310].map { book.find(10, tid: 10, at: $0)?.1.phase } == [.steady, .setup, .warmup, .steady])
    }

    @Test func aProcessThatReportedHasItsOwnPhases() {
        var phases = KernelPhases(KernelPhases.Rules(warmupTransfers: 1, warmupNanoseconds: 0))
        var book = PhaseBook([])
        book.add(ReportedProcess(owner: Owner(arena: 0, process: 0), pid: 10, parent: 1, started: 0), [])
        phases.add([Self.begins(at: 100)], book, [], Ancestry())
        // A vfork child shares its parent's memory.
        var ancestry = Ancestry()
        ancestry.note([KernelRecord(nanoseconds: 50, pid: 11, tid: 11, kind: .forked, site: 10)])
        phases.add([Self.record(.begins(bytes: 1), at: 100, pid: 11, tid: 11)], book, [], ancestry)
        #expect(phases.processes.isEmpty)
    }
}
