import AuditCore
import Testing

/// Which process and phase does an event at a time belong to? Process 10 attached at time 100; its edges are at 200 (warmup),
/// 300 (steady) and 400 (exit).
@Suite struct PhaseBookTests {
    private static let owner = Owner(arena: 0, process: 0)

    private static let edges = [
        PhaseEdge(at: 200, .phase(.warmup)), PhaseEdge(at: 300, .phase(.steady)), PhaseEdge(at: 400, .phase(.exit)),
    ]

    private func book(_ edges: [PhaseEdge] = edges, edgesLostAt: UInt64 = 0, execs: [ExecRecord] = []) -> PhaseBook {
        var book = PhaseBook(execs)
        book.add(
            ReportedProcess(owner: Self.owner, pid: 10, parent: 1, started: 100, edgesLostAt: edgesLostAt), edges)
        return book
    }

    private func exec(_ pid: Int32, at nanoseconds: UInt64) -> ExecRecord {
        ExecRecord(nanoseconds: nanoseconds, pid: pid, path: "/bin/subject")
    }

    private func phase(_ book: PhaseBook, tid: Int32 = 10, at nanoseconds: UInt64) -> LedgerPhase? {
        book.find(10, tid: tid, at: nanoseconds)?.1.phase
    }

    @Test(
        arguments: [
            (0, .setup), (100, .setup), (199, .setup), (200, .warmup), (299, .warmup), (300, .steady), (399, .steady),
            (400, .exit), (.max, .exit),
        ] as [(UInt64, LedgerPhase)]) func anEdgeBeginsItsPhase(nanoseconds: UInt64, phase: LedgerPhase)
    {
        #expect(self.phase(book(), at: nanoseconds) == phase)
        #expect(self.phase(book(Self.edges.reversed()), at: nanoseconds) == phase)
    }

    @Test func aProcessThatNeverReportedHasNone() {
        #expect(book().find(11, tid: 11, at: 350) == nil)
        #expect(!book().knows(11) && book().knows(10))
    }

    // MARK: intervals

    @Test(arguments: [(100, 200), (200, 300), (250, 300), (399, 400), (400, .max)] as [(UInt64, UInt64)])
    func anIntervalEndsAtTheNextEdge(nanoseconds: UInt64, end: UInt64) {
        let interval = book().interval(of: 10, tid: 10, at: nanoseconds)
        #expect(interval.times == nanoseconds..<end)
        #expect(interval.found?.0 == Self.owner)
        #expect(interval.found?.1.phase == phase(book(), at: nanoseconds))
    }

    @Test func anIntervalEndsAtAnExecAndWhereEdgesWereLost() {
        let book = book(edgesLostAt: 330, execs: [exec(10, at: 50), exec(10, at: 350)])
        #expect(book.interval(of: 10, tid: 10, at: 310).times == 310..<330)
        #expect(book.interval(of: 10, tid: 10, at: 330).times == 330..<350)
    }

    /// Whatever the edges are, each time in an interval has the interval's phase.
    @Test func anIntervalHoldsOnlyItsOwnPhase() {
        var generator = SeededGenerator(seed: 3)
        let phases: [LedgerPhase] = [.none, .warmup, .steady, .closed, .exit]
        for _ in 0..<300 {
            let edges = (0..<6).map { _ in
                let tid = [0, 10, 12].randomElement(using: &generator)!
                let time = UInt64.random(in: 0...20, using: &generator)
                return Bool.random(using: &generator)
                    ? PhaseEdge(at: time, tid: Int32(tid), .allowedRegion(begins: Bool.random(using: &generator)))
                    : PhaseEdge(at: time, tid: Int32(tid), .phase(phases.randomElement(using: &generator)!))
            }
            let book = book(
                edges, edgesLostAt: UInt64.random(in: 0...20, using: &generator),
                execs: [exec(10, at: UInt64.random(in: 0...20, using: &generator))])
            for tid in [10, 12] as [Int32] {
                for start in 0...21 as ClosedRange<UInt64> {
                    let interval = book.interval(of: 10, tid: tid, at: start)
                    for time in start..<min(interval.times.upperBound, 22) {
                        let found = book.find(10, tid: tid, at: time)
                        #expect(found?.0 == interval.found?.0 && found?.1 == interval.found?.1)
                    }
                }
            }
        }
    }

    // MARK: threads and regions

    @Test func aThreadMayHaveAPhaseOfItsOwn() {
        let book = book(
            Self.edges + [
                PhaseEdge(at: 310, tid: 12, .phase(.warmup)), PhaseEdge(at: 320, tid: 12, .phase(.none)),
            ])
        #expect(phase(book, tid: 12, at: 309) == .steady)
        #expect(phase(book, tid: 12, at: 310) == .warmup)
        #expect(phase(book, tid: 10, at: 310) == .steady)
        #expect(phase(book, tid: 12, at: 320) == .steady)
    }

    @Test func theProcesssEdgeOfNoPhaseIsVoid() {
        #expect(phase(book(Self.edges + [PhaseEdge(at: 350, .phase(.none))]), at: 360) == .steady)
    }

    @Test func anAllowedRegionIsItsThreadsAlone() {
        let book = book([
            PhaseEdge(at: 150, tid: 10, .allowedRegion(begins: true)), PhaseEdge(at: 200, .phase(.warmup)),
            PhaseEdge(at: 300, .phase(.steady)), PhaseEdge(at: 350, .phase(.closed, interlude: 1)),
            PhaseEdge(at: 360, tid: 10, .allowedRegion(begins: false)),
        ])
        #expect([200, 300, 350, 360].map { phase(book, at: $0) } == [.warmup, .allowed, .allowedClosed, .closed])
        #expect([200, 300, 350, 360].map { phase(book, tid: 12, at: $0) } == [.warmup, .steady, .closed, .closed])
    }

    @Test func onlySteadyAndClosedAreStrict() {
        let strict: [LedgerPhase] = [.steady, .closed]
        for phase in [.none, .setup, .warmup, .steady, .closed, .allowed, .allowedClosed, .exit] as [LedgerPhase] {
            #expect(PhaseBook.Moment(phase: phase).isStrict == strict.contains(phase))
        }
    }

    @Test(
        arguments: [(0, 350, false), (349, 350, true), (350, 350, true), (351, 350, false)] as [(UInt64, UInt64, Bool)])
    func afterEdgesWereLostNothingIsCertain(lostAt: UInt64, nanoseconds: UInt64, isUncertain: Bool) {
        #expect(book(edgesLostAt: lostAt).find(10, tid: 10, at: nanoseconds)?.1.isUncertain == isUncertain)
    }

    // MARK: interludes

    /// Interlude 1 is between the two files; interlude 3 is the end.
    private var withInterlude: PhaseBook {
        book([
            PhaseEdge(at: 200, .phase(.steady)), PhaseEdge(at: 300, .phase(.closed, interlude: 1)),
            PhaseEdge(at: 400, .phase(.steady, interlude: 2)), PhaseEdge(at: 500, .phase(.closed, interlude: 3)),
        ])
    }

    @Test func anInterludeKnowsWhatItInterrupted() {
        let moments = [300, 400, 500].map { withInterlude.find(10, tid: 10, at: $0)?.1 }
        #expect(
            moments == [
                PhaseBook.Moment(phase: .closed, interlude: 1, interrupted: .steady),
                PhaseBook.Moment(phase: .steady),
                PhaseBook.Moment(phase: .closed, interlude: 3, interrupted: .steady),
            ])
    }

    @Test(
        arguments: [
            (.exit, [.steady, .steady, .teardown]), (.closed, [.steady, .steady, .teardown]),
            (.steady, [.steady, .steady, .steady]),
        ] as [(LedgerPhase, [Phase])]) func theLastInterludeWasTheEndIfNoFileWasOpenedAgain(
            last: LedgerPhase, phases: [Phase]
        )
    {
        let interludes = Interludes(last: 3, phase: last)
        var process = cleanProcess()
        process.lastInterlude = interludes.last
        process.endsClosed = interludes.endsClosed
        let moments = [300, 400, 500].map { withInterlude.find(10, tid: 10, at: $0)!.1 }
        #expect(moments.map(process.phase) == phases)
        #expect(
            moments.map { $0.phase.isClosed && interludes.isTheEnd($0.place.interlude) }
                == phases.map { $0 == .teardown })
    }

    @Test func theReportNamesFewerPhases() {
        let all: [LedgerPhase] = [.none, .setup, .warmup, .steady, .closed, .allowed, .allowedClosed, .exit]
        #expect(
            all.map(Phase.init) == [.setup, .setup, .warmup, .steady, .teardown, .steady, .teardown, .teardown])
    }

    // MARK: pids that are used again

    /// Process 10 executes another program at 250, which attaches at 260.
    private func executing(attaches: Bool) -> PhaseBook {
        var book = PhaseBook([exec(10, at: 90), exec(10, at: 250)])
        book.add(ReportedProcess(owner: Self.owner, pid: 10, parent: 1, started: 100), Self.edges)
        if attaches {
            book.add(
                ReportedProcess(owner: Owner(arena: 1, process: 0), pid: 10, parent: 1, started: 260),
                [PhaseEdge(at: 270, .phase(.steady))])
        }
        return book
    }

    @Test func anExecBeginsAnotherImage() {
        let book = executing(attaches: true)
        #expect([240, 250, 280].map { book.find(10, tid: 10, at: $0)?.0.arena } == [0, 1, 1])
        #expect([240, 250, 280].map { phase(book, at: $0) } == [.warmup, .setup, .steady])
        #expect(book.interval(of: 10, tid: 10, at: 240).times == 240..<250)
    }

    /// A pid that is used again, where the kernel's records of execs are missing. The ledger may have the later process first.
    @Test func anotherImagesStartBeginsItToo() {
        let second = ReportedProcess(owner: Owner(arena: 1, process: 0), pid: 10, parent: 1, started: 260)
        let first = ReportedProcess(owner: Self.owner, pid: 10, parent: 1, started: 100)
        for processes in [[first, second], [second, first]] {
            var book = PhaseBook([])
            for process in processes { book.add(process, process.owner == Self.owner ? Self.edges : []) }
            #expect([50, 259, 260].map { book.find(10, tid: 10, at: $0)?.0.arena } == [0, 0, 1])
            #expect(book.interval(of: 10, tid: 10, at: 240).times == 240..<260)
        }
    }

    @Test func anImageThatNeverReportedIsNotTheOneBeforeIt() {
        let book = executing(attaches: false)
        #expect(phase(book, at: 249) == .warmup)
        #expect(phase(book, at: 250) == nil)
    }

    @Test func whatAForkedChildDoesIsItsOwnFromTheStart() {
        var book = book()
        let child = Owner(arena: 0, process: 1)
        book.add(
            ReportedProcess(owner: child, pid: 11, parent: 10, started: 320), [PhaseEdge(at: 330, .phase(.steady))])
        #expect(book.find(11, tid: 11, at: 310)?.0 == child)
        #expect(book.find(11, tid: 11, at: 310)?.1.phase == .setup)
        #expect(book.find(11, tid: 11, at: 340)?.1.phase == .steady)
    }

    /// A child by vfork shares its parent's memory until it executes a program at 350.
    @Test func whatAVforkChildDoesBeforeItsExecIsItsParents() {
        var book = book(execs: [exec(20, at: 350)])
        let child = Owner(arena: 1, process: 0)
        book.add(ReportedProcess(owner: child, pid: 20, parent: 10, started: 360), [])
        #expect(book.find(20, tid: 20, at: 349)?.0 == Self.owner)
        #expect(book.find(20, tid: 20, at: 349)?.1.phase == .steady)
        #expect(book.find(20, tid: 20, at: 350)?.0 == child)
        #expect(book.interval(of: 20, tid: 20, at: 250).times == 250..<300)
        #expect(book.interval(of: 20, tid: 20, at: 310).times == 310..<350)
    }

    /// The program that process 10 executes at 340 never reports.
    @Test func aVforkChildsIntervalEndsAtItsParentsExec() {
        var book = book(execs: [exec(10, at: 340), exec(20, at: 350)])
        book.add(ReportedProcess(owner: Owner(arena: 1, process: 0), pid: 20, parent: 10, started: 360), [])
        #expect(book.interval(of: 20, tid: 20, at: 310).times == 310..<340)
        #expect(book.find(20, tid: 20, at: 340) == nil)
    }
}
