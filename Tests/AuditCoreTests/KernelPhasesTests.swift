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
        _ records: [TransferRecord], _ warmup: Warmup = Warmup(), execs: [ExecRecord] = []
    ) -> (KernelPhases, PhaseBook) {
        var phases = KernelPhases(warmup)
        var book = PhaseBook(execs)
        phases.add(records, book, execs, Ancestry())
        phases.add(to: &book)
        return (phases, book)
    }

    /// The phase of pid 10 at each time.
    private static func found(_ records: [TransferRecord], _ warmup: Warmup = Warmup(), at times: [UInt64])
        -> [LedgerPhase?]
    {
        let (_, book) = phases(records, warmup)
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
        #expect(
            Self.found(records, Warmup(reads: 2, writes: 2), at: [159, 179, 199, 200]) == [
                .warmup, .warmup, .warmup, .steady,
            ])
    }

    @Test func aDirectionHasAWarmUpOfItsOwn() {
        let records = [
            Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 120, isWrite: false), Self.ends(at: 130),
            Self.begins(at: 140, isWrite: false), Self.ends(at: 150),
        ]
        #expect(
            Self.found(records, Warmup(reads: 2, writes: 1), at: [119, 120, 149, 150]) == [
                .steady, .steady, .steady, .steady,
            ])
        #expect(Self.found(records, Warmup(reads: 1, writes: 2), at: [110, 130, 200]) == [.warmup, .warmup, .warmup])
        #expect(Self.found(records, Warmup(reads: 0, writes: 1), at: [100, 109, 110]) == [.warmup, .warmup, .steady])
    }

    @Test func theTransfersOfAProcessAreCountedOnWhicheverFile() {
        let records = [
            Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 120, file: 2), Self.ends(at: 130, result: 0),
            Self.begins(at: 140, file: 2, isWrite: false), Self.ends(at: 150), Self.begins(at: 160), Self.ends(at: 170),
            Self.begins(at: 180, file: 3), Self.ends(at: 190),
        ]
        let warmup = Warmup(reads: 0, writes: 0, transfers: 3)
        #expect(
            Self.found(records, warmup, at: [99, 100, 169, 170, 185]) == [.setup, .warmup, .warmup, .steady, .steady])
        #expect(Self.found(records, Warmup(reads: 0, writes: 0), at: [99, 100]) == [.setup, .steady])
        #expect(Self.found(records, Warmup(reads: 0, writes: 0, transfers: 5), at: [200]) == [.warmup])
    }

    /// Of a submission of three requests, two are transfers, and the kernel takes the first two: one transfer.
    @Test func theRequestsOfASubmissionCountOneByOne() {
        let submission = TransferRecord(
            nanoseconds: 100, pid: 10, tid: 10, call: .ioSubmit, act: .submits(direct: 2, of: 3), file: 1,
            isWrite: true,
            directBits: 0b101)
        let ends = Self.record(.ends(result: 2), at: 110, .ioSubmit)
        let all = Self.record(.ends(result: 3), at: 110, .ioSubmit)
        let warmup = Warmup(reads: 0, writes: 0, transfers: 2)
        #expect(Self.found([submission, ends], warmup, at: [110]) == [.warmup])
        #expect(Self.found([submission, all], warmup, at: [109, 110]) == [.warmup, .steady])
        #expect(Self.found([submission, all], Warmup(reads: 2, writes: 2), at: [109, 110]) == [.warmup, .steady])
        #expect(Self.found([submission, all], Warmup(reads: 3, writes: 3), at: [110]) == [.warmup])
    }

    @Test func theTimeOfTheWarmupIsKept() {
        let records = [Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 190), Self.ends(at: 210)]
        let late = [Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 205), Self.ends(at: 210)]
        #expect(Self.found(late, Warmup(nanoseconds: 100), at: [209, 210]) == [.warmup, .steady])
        let (_, book) = Self.phases(records, Warmup(nanoseconds: 100))
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

    /// The end of the first transfer was not reported, so that what came between the two may be of the steady phase.
    @Test func aSteadyPhaseThatBeginsLateIsSaidToDoSo() {
        func beginsLate(_ records: [TransferRecord]) -> Bool {
            ProcessLedger(Self.phases(records).0.processes[0], areFaultsKnown: true).steadyBeginsLate
        }
        #expect(beginsLate([Self.begins(at: 100), Self.begins(at: 120)]))
        #expect(!beginsLate([Self.begins(at: 100), Self.ends(at: 110), Self.begins(at: 120), Self.begins(at: 130)]))
    }

    /// Thread 11 was in a transfer when thread 10 did the second: where that has no end, it may have been the second.
    @Test(arguments: [([Act](), true), ([.ends(result: 4096)], false), ([.begins(bytes: 1)], true)])
    func aTransferWhoseEndIsNotReportedMayHaveEndedTheWarmUp(later: [Act], beginsLate: Bool) {
        let records =
            [Self.begins(at: 100), Self.record(.begins(bytes: 4096), at: 105, tid: 11), Self.ends(at: 110)]
            + [Self.begins(at: 120), Self.ends(at: 130)] + later.map { Self.record($0, at: 140, tid: 11) }
        let (phases, book) = Self.phases(records, Warmup(reads: 0, writes: 0, transfers: 2))
        #expect(ProcessLedger(phases.processes[0], areFaultsKnown: true).steadyBeginsLate == beginsLate)
        #expect([129, 130].map { book.find(10, tid: 10, at: $0)?.1.phase } == [.warmup, .steady])
    }

    typealias Act = TransferRecord.Act

    // MARK: told from outside

    private static func window(from: UInt64?, to: UInt64? = nil) -> SteadyWindow {
        SteadyWindow(
            from: SteadyWindow.Edge(.file("/from"), at: from), to: SteadyWindow.Edge(.file("/to"), at: to))
    }

    private static func told(_ records: [TransferRecord], _ window: SteadyWindow) -> (ProcessLedger, PhaseBook) {
        var phases = KernelPhases(Warmup(reads: 0, writes: 0))
        var book = PhaseBook([])
        phases.add(records, book, [], Ancestry(), window)
        phases.add(to: &book)
        return (ProcessLedger(phases.processes[0], areFaultsKnown: true), book)
    }

    private static let twoTransfers = [begins(at: 100), ends(at: 110), begins(at: 200), ends(at: 210)]

    @Test(
        arguments: [
            (nil, nil, [.warmup, .warmup, .warmup, .warmup, .warmup]),
            (150, nil, [.warmup, .warmup, .steady, .steady, .steady]),
            (150, 205, [.warmup, .warmup, .steady, .exit, .exit]), (120, 150, [.warmup, .steady, .exit, .exit, .exit]),
            (50, nil, [.steady, .steady, .steady, .steady, .steady]),
            (300, nil, [.warmup, .warmup, .warmup, .warmup, .steady]),
            (50, 90, [.exit, .exit, .exit, .exit, .exit]),
        ] as [(UInt64?, UInt64?, [LedgerPhase])])
    func theSteadyPhaseIsWhereItWasTold(from: UInt64?, to: UInt64?, phases: [LedgerPhase]) {
        let (process, book) = Self.told(Self.twoTransfers, Self.window(from: from, to: to))
        #expect([105, 120, 200, 205, 300].map { book.find(10, tid: 10, at: $0)?.1.phase } == phases)
        #expect(process.steadyReached == phases.contains(.steady))
        #expect(process.phases[.steady].durationNanoseconds < 200)
    }

    /// What came after the last close is teardown, whatever was told later.
    @Test func theEndThatIsToldAfterTheLastCloseAddsNothing() {
        let records = Self.twoTransfers + [Self.record(.closes, at: 250)]
        let (process, book) = Self.told(records, Self.window(from: 150, to: 300))
        let moments = [240, 260, 310].map { book.find(10, tid: 10, at: $0)!.1 }
        #expect(moments.map(process.phase) == [.steady, .teardown, .teardown])
    }

    /// Records of a later time are not known yet, and one that was told then changes no phase before.
    @Test func whatIsToldLaterWaits() {
        var phases = KernelPhases(Warmup(reads: 0, writes: 0))
        phases.add(Self.twoTransfers, PhaseBook([]), [], Ancestry(), Self.window(from: 300), before: 250)
        #expect(!phases.processes[0].isSteady)
        phases.add([], PhaseBook([]), [], Ancestry(), Self.window(from: 300), before: 310)
        #expect(phases.processes[0].isSteady)
    }

    // MARK: processes that reported

    private static let owner = Owner(arena: 0, process: 0)

    /// Pid 10, of which the interposer saw an interval of the steady phase.
    private static func reported(_ records: [TransferRecord], exit: UInt64? = nil) -> (KernelPhases, PhaseBook) {
        var phases = KernelPhases(Warmup())
        var book = PhaseBook([])
        book.add(
            ReportedProcess(owner: owner, pid: 10, parent: 1, started: 0),
            [PhaseEdge(at: 190, .phase(.warmup)), PhaseEdge(at: 200, .phase(.steady))]
                + (exit.map { [PhaseEdge(at: $0, .phase(.exit))] } ?? []))
        var ancestry = Ancestry()
        ancestry.note([KernelRecord(nanoseconds: 50, pid: 11, tid: 11, kind: .forked, site: 10)])
        phases.add(records, book, [], ancestry)
        phases.add(to: &book)
        return (phases, book)
    }

    @Test func aProcessThatReportedHasPhasesByBoth() {
        let (phases, book) = Self.reported([Self.begins(at: 100), Self.ends(at: 110)], exit: 500)
        #expect(phases.processes.isEmpty)
        let moments = [99, 105, 110, 195, 205, 500].map { book.find(10, tid: 10, at: $0)!.1 }
        #expect(moments.map(\.phase) == [.setup, .setup, .setup, .warmup, .steady, .exit])
        #expect(moments.map(\.byKernel?.phase) == [.setup, .warmup, .steady, .steady, .steady, .exit])
        #expect(moments.map(\.isStrict) == [false, false, true, true, true, false])
    }

    @Test func whereTheKernelSawNoneThereIsOnePhase() {
        let (_, book) = Self.reported([])
        #expect(book.find(10, tid: 10, at: 205)?.1 == PhaseBook.Moment(phase: .steady))
    }

    @Test func aChildWithoutARecordChangesNoPhase() {
        let child = Self.record(.begins(bytes: 1), at: 100, pid: 11, tid: 11)
        let (phases, book) = Self.reported([child])
        #expect(phases.processes.isEmpty)
        #expect(book.find(10, tid: 10, at: 205)?.1.byKernel == nil)
    }

    // MARK: what the interposer counted by phases of its own

    /// The interposer's phases are 0 to 190, to 200, and to the end at 500; it saw 10 transfers, and the kernel one more.
    private static func followed(
        _ change: (inout ThreadLedger) -> Void, sites: [Site] = [], timed: Range<UInt64>? = nil, steadyAt: UInt64,
        exit: UInt64 = 500
    ) -> ProcessLedger {
        let (phases, book) = reported(
            (0..<11).flatMap { [begins(at: steadyAt - 1 + 10 * $0), ends(at: steadyAt + 10 * $0)] }, exit: exit)
        var transfers = TransfersBook()
        transfers.add((0..<11).map { begins(at: steadyAt - 1 + 10 * $0) }, book, Ancestry())
        var process = ProcessLedger(pid: 10, parentPid: 1, executable: "subject")
        var thread = ThreadLedger(tid: 10, name: "main", doesTransfers: true)
        thread.phases[.steady].transfers = 10
        change(&thread)
        process.attached = true
        process.threads = [thread]
        process.phases = thread.phases
        process.sites = sites
        process.timed = timed
        var ledger = Ledger()
        ledger.processes = [process]
        ledger.followKernel(phases, transfers, book, of: [owner], areFaultsKnown: true)
        return ledger.processes[0]
    }

    private static func site(_ calls: ClosedRange<UInt64>) -> Site {
        var site = Site(
            kind: .malloc, count: EventCount(calls: 2, bytes: 8), firstTransfer: 1, tid: 10, thread: "main", stack: [])
        site.firstCall = calls.lowerBound...calls.lowerBound
        site.lastCall = calls.upperBound...calls.upperBound
        return site
    }

    @Test func aHeapCallOfAPhaseWithinTheSteadyOneIsSteady() {
        let process = Self.followed({ $0.phases[.steady].events[.malloc].calls = 3 }, steadyAt: 195)
        #expect(process.phasesByKernel && process.steadyReached && process.seenTransfers == 10)
        #expect(process.phases[.steady].events[.malloc].calls == 3)
        #expect(process.undated(.process)[.malloc].calls == 0)
    }

    /// The kernel's steady phase is 100 to the end, of which the interposer's setup has the part up to 190.
    @Test(arguments: [
        (QuietTimes(), 50..<190, true), (QuietTimes(last: 100), 50..<190, true),
        (QuietTimes(last: 101), 50..<190, false), (QuietTimes(last: 300, longest: 100..<190), 50..<190, true),
        (QuietTimes(last: 300, longest: 101..<190), 50..<190, false),
        (QuietTimes(last: 300, longest: 100..<189), 50..<190, false), (QuietTimes(), 101..<190, false),
        (QuietTimes(), 100..<189, false), (QuietTimes(), nil, false),
    ])
    func aHeapCallOfTheSetupIsNotSteadyIfItsThreadWasQuiet(quiet: QuietTimes, timed: Range<UInt64>?, isDated: Bool) {
        let process = Self.followed(
            {
                $0.phases[.setup].events[.malloc].calls = 3
                $0.quiet = quiet
            }, timed: timed, steadyAt: 100)
        #expect(process.phasesByKernel && process.phases[.steady].events[.malloc].calls == 0)
        #expect(process.undated(.process)[.malloc].calls == (isDated ? 0 : 3))
    }

    @Test func rowsOfOneThreadAreQuietWhenAllAre() {
        let (one, other) = (QuietTimes(last: 30, longest: 5..<20), QuietTimes(last: 40, longest: 10..<35))
        #expect(one.with(other) == QuietTimes(last: 40, longest: 10..<20))
        #expect(one.with(QuietTimes()) == one && QuietTimes().with(one) == one)
        #expect(QuietTimes(last: 9, longest: 1..<2).with(other).longest.isEmpty)
    }

    @Test func aHeapCallOfAPhaseThatBeganEarlierIsOfNoKnownPhase() {
        let process = Self.followed({ $0.phases[.steady].events[.malloc].calls = 3 }, steadyAt: 300)
        #expect(process.phases[.steady].events[.malloc].calls == 0)
        #expect(process.undated(.process)[.malloc].calls == 3)
    }

    @Test(
        arguments: [(.setup, 190, 0), (.setup, 189, 2), (.warmup, 150, 2), (.teardown, 195, 0)]
            as [(Phase, UInt64, UInt64)])
    func aPhaseThatTouchesTheSteadyOneMayHoldItsHeapCalls(phase: Phase, steadyAt: UInt64, undated: UInt64) {
        let process = Self.followed({ $0.phases[phase].events[.malloc].calls = 2 }, steadyAt: steadyAt)
        #expect(process.undated(.process)[.malloc].calls == undated)
        #expect(process.phases[.steady].events[.malloc].calls == 0)
    }

    @Test func aSiteWhoseCallsWereAllSteadyIsSteady() {
        let inside = Self.followed(
            { $0.phases[.steady].events[.malloc] = EventCount(calls: 3, bytes: 12) }, sites: [Self.site(310...320)],
            steadyAt: 300)
        #expect(inside.phases[.steady].events[.malloc] == EventCount(calls: 2, bytes: 8))
        #expect(inside.undated(.process)[.malloc].calls == 1)
        let across = Self.followed(
            { $0.phases[.steady].events[.malloc] = EventCount(calls: 2, bytes: 8) }, sites: [Self.site(299...320)],
            steadyAt: 300)
        #expect(across.sites.isEmpty && across.undated(.process)[.malloc].calls == 2)
    }

    @Test func whatBothSawKeepsTheInterposersPhases() {
        let process = Self.followed({ $0.phases[.steady].transfers = 11 }, steadyAt: 300)
        #expect(!process.phasesByKernel)
    }

}
