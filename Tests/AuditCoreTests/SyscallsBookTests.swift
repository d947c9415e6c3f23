import AuditCore
import Testing

/// The kernel's view of mapping calls: process 10 is in its steady phase from 200 to 300.
@Suite struct SyscallsBookTests {
    private static let owner = Owner(arena: 0, process: 0)

    private static func phases(_ edges: [PhaseEdge] = [], edgesLostAt: UInt64 = 0) -> PhaseBook {
        var book = PhaseBook([])
        book.add(
            ReportedProcess(owner: owner, pid: 10, parent: 1, started: 100, edgesLostAt: edgesLostAt),
            [PhaseEdge(at: 200, .phase(.steady)), PhaseEdge(at: 300, .phase(.exit))] + edges)
        return book
    }

    private static func record(
        _ call: WatchedCall, at nanoseconds: UInt64, bytes: UInt64 = 4096, pid: Int32 = 10, tid: Int32 = 10
    ) -> SyscallRecord {
        SyscallRecord(nanoseconds: nanoseconds, pid: pid, tid: tid, call: call, bytes: bytes)
    }

    /// The ledger of process 10, in which the interposer counted nothing.
    private static func ledger(
        _ records: [SyscallRecord], _ phases: PhaseBook = phases(), unseen: [UnseenProgram] = []
    ) -> Ledger {
        var book = SyscallsBook()
        book.add(records, phases)
        var ledger = Ledger()
        ledger.processes = [ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")]
        ledger.unseenPrograms = unseen
        ledger.add(book, of: [owner])
        return ledger
    }

    @Test func callsCountInTheirPhaseAndThread() {
        let process = Self.ledger([
            Self.record(.mmap, at: 150), Self.record(.mmap, at: 200, bytes: 10), Self.record(.mmap, at: 299, bytes: 5),
            Self.record(.munmap, at: 250, tid: 12), Self.record(.mremap, at: 300), Self.record(.brk, at: 301, bytes: 0),
        ]).processes[0]
        #expect(process.phases[.setup].events[.syscallMmap] == EventCount(calls: 1, bytes: 4096))
        #expect(process.phases[.steady].events[.syscallMmap] == EventCount(calls: 2, bytes: 15))
        #expect(process.phases[.steady].events[.syscallMunmap] == EventCount(calls: 1, bytes: 4096))
        #expect(process.phases[.teardown].events[.syscallMremap] == EventCount(calls: 1, bytes: 4096))
        #expect(process.phases[.teardown].events[.syscallBrk] == EventCount(calls: 1, bytes: 0))
        let threads = Dictionary(uniqueKeysWithValues: process.threads.map { ($0.tid, $0.phases[.steady].events) })
        #expect(threads[10]?[.syscallMmap].calls == 2 && threads[10]?[.syscallMunmap].calls == 0)
        #expect(threads[12]?[.syscallMmap].calls == 0 && threads[12]?[.syscallMunmap].calls == 1)
    }

    @Test func steadyCallsAreKeptOneByOne() {
        let process = Self.ledger([
            Self.record(.mmap, at: 199), Self.record(.mmap, at: 200), Self.record(.mlockall, at: 250),
            Self.record(.brk, at: 260, bytes: 7, tid: 12), Self.record(.mmap, at: 300),
        ]).processes[0]
        #expect(
            process.strictCalls == [
                StrictCall(kind: .syscallMmap, tid: 10, nanoseconds: 200, bytes: 4096),
                StrictCall(kind: .syscallBrk, tid: 12, nanoseconds: 260, bytes: 7),
            ])
    }

    @Test func moreThanAreKeptAreStillCounted() {
        let most = SyscallsBook.keptCalls
        let process = Self.ledger((0..<most + 9).map { _ in Self.record(.mmap, at: 250, bytes: 1) }).processes[0]
        #expect(process.strictCalls.count == most)
        #expect(
            process.phases[.steady].events[.syscallMmap] == EventCount(calls: UInt64(most + 9), bytes: UInt64(most + 9))
        )
    }

    @Test func whatUndoesTheLockIsNoEvent() {
        let process = Self.ledger([
            Self.record(.mlockall, at: 150), Self.record(.munlock, at: 250), Self.record(.munlockall, at: 251),
            Self.record(.munlockall, at: 252), Self.record(.shmat, at: 253), Self.record(.remapFilePages, at: 254),
            Self.record(.munlockall, at: 300),
        ]).processes[0]
        #expect(process.earlierLockCalls == [.mlockall: 1])
        #expect(process.otherCalls == [.munlock: 1, .munlockall: 2, .shmat: 1, .remapFilePages: 1])
        #expect(process.phases.all.allSatisfy { $0.events == EventCounts() })
    }

    @Test func callsInAnAllowedRegionAreNoViolations() {
        let region = [
            PhaseEdge(at: 220, tid: 10, .allowedRegion(begins: true)),
            PhaseEdge(at: 240, tid: 10, .allowedRegion(begins: false)),
        ]
        let process = Self.ledger([219, 220, 239, 240].map { Self.record(.mmap, at: $0) }, Self.phases(region))
            .processes[0]
        #expect(process.phases[.steady].events[.syscallMmap].calls == 4)
        #expect(process.allowed[.syscallMmap].calls == 2)
        #expect(process.threads[0].allowed[.syscallMmap].calls == 2)
        #expect(process.strictCalls.map(\.nanoseconds) == [219, 240])
    }

    /// The last O_DIRECT file is closed at 280, in an allowed region of thread 10 alone.
    @Test(arguments: [true, false]) func callsWithoutAnOpenFileAreSteadyOnlyInAnInterlude(wasTheEnd: Bool) {
        let phases = Self.phases([
            PhaseEdge(at: 270, tid: 10, .allowedRegion(begins: true)),
            PhaseEdge(at: 280, .phase(.closed, interlude: 1)),
        ])
        var book = SyscallsBook()
        book.add([Self.record(.mmap, at: 290), Self.record(.mmap, at: 291, tid: 12)], phases)
        var ledger = Ledger()
        ledger.processes = [ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")]
        ledger.processes[0].lastInterlude = wasTheEnd ? 1 : 2
        ledger.processes[0].endsClosed = true
        ledger.add(book, of: [Self.owner])
        let process = ledger.processes[0]
        #expect(process.phases[wasTheEnd ? .teardown : .steady].events[.syscallMmap].calls == 2)
        #expect(process.allowed[.syscallMmap].calls == (wasTheEnd ? 0 : 1))
        #expect(process.strictCalls.map(\.nanoseconds) == (wasTheEnd ? [] : [291]))
    }

    @Test func callsAfterEdgesWereLostAreUncertain() {
        let phases = Self.phases(edgesLostAt: 250)
        let process = Self.ledger([249, 250, 310].map { Self.record(.mmap, at: $0) }, phases).processes[0]
        #expect(process.uncertainSyscalls == 2)
    }

    // MARK: processes that never reported

    @Test func aProcessThatNeverReportedIsListed() {
        let program = UnseenProgram(pid: 11, path: "/bin/static", why: "is a static program, which loads no interposer")
        let ledger = Self.ledger(
            [Self.record(.mmap, at: 250, pid: 11, tid: 11), Self.record(.mlockall, at: 251, pid: 11, tid: 11)],
            unseen: [program])
        #expect(ledger.processes[0].phases[.steady].events == EventCounts())
        #expect(ledger.unreportedProcesses.map(\.pid) == [11])
        let process = ledger.unreportedProcesses[0]
        #expect(!process.observed && process.executable == "/bin/static" && process.whyUnobserved == program.why)
        #expect(process.phases[.setup].events[.syscallMmap] == EventCount(calls: 1, bytes: 4096))
        #expect(process.phases.all.allSatisfy { !$0.faultsKnown })
    }

    /// What a pid does after an exec whose program never reported is not the program's before it.
    @Test func aProgramThatNeverReportedIsNotTheOneBeforeIt() {
        var phases = PhaseBook([ExecRecord(nanoseconds: 250, pid: 10, path: "/bin/static")])
        phases.add(
            ReportedProcess(owner: Self.owner, pid: 10, parent: 1, started: 100), [PhaseEdge(at: 200, .phase(.steady))])
        let unseen = UnseenProgram(pid: 10, path: "/bin/static", why: "why")
        let ledger = Self.ledger([249, 250].map { Self.record(.mmap, at: $0) }, phases, unseen: [unseen])
        #expect(ledger.processes[0].phases[.steady].events[.syscallMmap].calls == 1)
        #expect(ledger.unreportedProcesses.map { $0.phases[.setup].events[.syscallMmap].calls } == [1])
    }

    @Test(
        arguments: zip(
            WatchedCall.allCases,
            [
                "syscallMmap", "syscallMunmap", "syscallMremap", "syscallBrk", "mlockall", "munlock", "munlockall",
                "shmat",
                "remap_file_pages", "io_setup", "ARCH_MAP_VDSO", "MADV_COLLAPSE", "syscallMunmap",
            ])) func eachCallIsAnEventOrAnotherCall(call: WatchedCall, name: String)
    {
        #expect(EventKind(call)?.rawValue ?? OtherCall(call)?.rawValue == name)
        #expect((EventKind(call) == nil) != (OtherCall(call) == nil))
    }
}
