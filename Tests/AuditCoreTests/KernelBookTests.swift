import AuditCore
import Testing

/// What the kernel did for process 10, which is in its steady phase from 200 to 300. Its code is at 0x10000 (`/bin/subject`),
/// the interposer at 0x20000, its heap at 0x30000.
@Suite struct KernelBookTests {
    /// A child that shares the memory is known if code of libc made it and waits for it.
    @Test func sharersThatLibcDidNotMakeAreNamed() {
        func sharers(
            _ made: [(by: UInt64, isAwaited: Bool)], libc: String = "/usr/lib/libc.so.6",
            _ change: (inout ProcessLedger) -> Void = { _ in }
        ) -> UInt32 {
            var watch = Watch()
            watch.add(Self.mapped(0x50000, watch.texts.index(of: libc)))
            for (code, isAwaited) in made {
                watch.add(
                    KernelRecord(
                        nanoseconds: 210, pid: 10, tid: 10, kind: .sharesMemory(isAwaited: isAwaited), userIP: code))
            }
            var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")
            process.steadyReached = true
            change(&process)
            return watch.ledger(process).processes[0].memorySharers
        }
        let (libcs, subjects): (UInt64, UInt64) = (0x50010, 0x10010)
        let interposers: UInt64 = 0x20010
        #expect(sharers([(libcs, true), (interposers, true)]) == 0)
        #expect(sharers([(libcs, true), (subjects, true), (libcs, true)]) == 1)
        #expect(sharers([(libcs, false), (libcs, true)]) == 1)
        #expect(sharers([(libcs, true)], libc: "/usr/lib/libc-2.31.so") == 0)
        #expect(sharers([(libcs, true)], libc: "/usr/lib/libcs.so.6") == 1)
        #expect(sharers([(libcs, true)]) { $0.memorySharers = 4 } == 4)
        #expect(sharers([(subjects, true), (subjects, false)]) { $0.attached = false } == 1)
        #expect(sharers([(subjects, true), (subjects, false)]) { $0.steadyReached = false } == 1)
    }

    private static let owner = Owner(arena: 0, process: 0)
    private static let gfp = Gfp([
        FlagName(mask: 0x400, name: "__GFP_DIRECT_RECLAIM"), FlagName(mask: 0x40, name: "__GFP_IO"),
        FlagName(mask: 0x80, name: "__GFP_FS"),
    ])
    private static let symbols = KernelSymbols([
        0xa0: KernelSymbols.Name(function: "blkdev_direct_IO", module: nil),
        0xb0: KernelSymbols.Name(function: "mempool_alloc_slab", module: nil),
        0xc0: KernelSymbols.Name(function: "__traceiter_kmalloc", module: nil),
        0xd0: KernelSymbols.Name(function: "perf_event_alloc", module: nil),
        0xe0: KernelSymbols.Name(function: "xfs_iget", module: "xfs"),
    ])

    /// What the kernel witness keeps beside its book.
    private struct Watch {
        var texts = Interner<String>(most: 16)
        var stacks = Interner<KernelStack>(most: 16)
        var book = KernelBook()
        var phases = KernelBookTests.phases()
        var ancestry = Ancestry()
        var allocating = Set<KernelBook.Thread>()

        private let countsForksApart: Bool

        init(_ book: KernelBook = KernelBook(), mapped: Bool = true, countsForksApart: Bool = false) {
            self.book = book
            self.countsForksApart = countsForksApart
            guard mapped else { return }
            add(
                KernelBookTests.mapped(0x10000, texts.index(of: "/bin/subject")),
                KernelBookTests.mapped(0x20000, texts.index(of: "/lib/libdioaudit_preload.so")),
                KernelBookTests.mapped(0x30000, texts.index(of: "[heap]")),
                KernelBookTests.mapped(0x40000, texts.index(of: "[uprobes]")))
        }

        mutating func add(_ records: KernelRecord...) {
            if !countsForksApart { ancestry.note(records) }
            allocating = book.add(records, phases, ancestry, texts, stacks)
        }

        func view(_ flushers: [Int32: Bool] = [:]) -> KernelView {
            KernelView(
                book, .active, texts: texts, stacks: stacks, gfp: KernelBookTests.gfp, symbols: KernelBookTests.symbols,
                userFrames: book.userFrames, flushers: flushers)
        }

        func ledger(flushers: [Int32: Bool] = [:], _ processes: ProcessLedger...) -> Ledger {
            var ledger = Ledger()
            ledger.processes =
                processes.isEmpty ? [ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")] : processes
            ledger.add(view(flushers), of: [KernelBookTests.owner])
            return ledger
        }
    }

    private static func phases(_ edges: [PhaseEdge] = []) -> PhaseBook {
        var book = PhaseBook([])
        book.add(
            ReportedProcess(owner: owner, pid: 10, parent: 1, started: 100),
            [PhaseEdge(at: 200, .phase(.steady)), PhaseEdge(at: 300, .phase(.exit))] + edges)
        return book
    }

    private static func mapped(_ start: UInt64, _ text: Int32) -> KernelRecord {
        KernelRecord(nanoseconds: 0, pid: 10, tid: 10, kind: .mapped, bytes: 0x1000, address: start, text: text)
    }

    private static func allocation(
        at nanoseconds: UInt64, bytes: UInt64 = 64, site: UInt64 = 0xa0, outerSite: UInt64 = 0, gfp: UInt64 = 0x4c0,
        pid: Int32 = 10, tid: Int32 = 10, userIP: UInt64 = 0x10010, text: Int32 = -1, stack: Int32 = -1,
        interrupt: Bool = false, isFlusher: Bool? = nil
    ) -> KernelRecord {
        KernelRecord(
            nanoseconds: nanoseconds, pid: pid, tid: tid,
            kind: interrupt ? .interrupt(.kmalloc) : .allocation(.kmalloc),
            site: site, outerSite: outerSite, bytes: bytes, gfp: gfp, userIP: userIP, text: text, stack: stack,
            isFlusher: isFlusher)
    }

    private static func fault(
        at nanoseconds: UInt64, _ address: UInt64, userIP: UInt64 = 0x10010, userSP: UInt64 = 0x70000, tid: Int32 = 10
    ) -> KernelRecord {
        KernelRecord(
            nanoseconds: nanoseconds, pid: 10, tid: tid, kind: .fault, address: address, userIP: userIP, userSP: userSP)
    }

    private static func forked(_ pid: Int32, from parent: Int32) -> KernelRecord {
        KernelRecord(
            nanoseconds: 250, pid: pid, tid: pid, kind: .forked, site: UInt64(UInt32(bitPattern: parent)))
    }

    private func calls(_ ledger: Ledger, _ phase: Phase) -> [UInt64] {
        ledger.processes[0].phases[phase].kernel.map(\.calls)
    }

    // MARK: allocations

    @Test func allocationsCountInTheirPhase() {
        var watch = Watch()
        watch.add(Self.allocation(at: 199), Self.allocation(at: 200, bytes: 1), Self.allocation(at: 299, bytes: 2))
        watch.add(Self.allocation(at: 300))
        let ledger = watch.ledger()
        #expect([.setup, .steady, .teardown].map { calls(ledger, $0) } == [[1], [2], [1]])
        #expect(
            ledger.processes[0].phases[.steady].kernel == [
                KernelAllocation(
                    kind: .kmalloc, site: "blkdev_direct_IO", module: nil, cache: nil,
                    gfp: "__GFP_DIRECT_RECLAIM|__GFP_IO|__GFP_FS",
                    risk: .mayWaitForWriteback, mempool: false, stack: nil, calls: 2, bytes: 3, sizes: ["1": 1, "2": 1])
            ])
        #expect(ledger.processes[0].strictKernel.mapValues { $0.map(\.calls) } == [10: [1, 1]])
    }

    /// The interval of a thread that is looked up once holds only for that thread and process.
    @Test func threadsAreNotMixed() {
        var watch = Watch()
        watch.phases = Self.phases([PhaseEdge(at: 210, tid: 12, .phase(.warmup))])
        watch.add(
            Self.allocation(at: 220), Self.allocation(at: 221, tid: 12), Self.allocation(at: 222),
            Self.allocation(at: 223, tid: 12), Self.allocation(at: 310), Self.allocation(at: 311, tid: 12))
        let ledger = watch.ledger()
        #expect([.setup, .warmup, .steady, .teardown].map { calls(ledger, $0) } == [[], [3], [2], [1]])
    }

    @Test func whatDiffersIsARowOfItsOwn() {
        var watch = Watch()
        let cache = watch.texts.index(of: "bio-256")
        watch.add(
            Self.allocation(at: 250), Self.allocation(at: 251, gfp: 0x440), Self.allocation(at: 252, site: 0xe0),
            Self.allocation(at: 253, text: cache), Self.allocation(at: 254))
        let rows = watch.ledger().processes[0].phases[.steady].kernel
        #expect(rows.map(\.calls).sorted() == [1, 1, 1, 2])
        #expect(Set(rows.map(\.site)) == ["blkdev_direct_IO", "xfs_iget"])
        #expect(rows.compactMap(\.module) == ["xfs"] && rows.compactMap(\.cache) == ["bio-256"])
        #expect(rows.count { $0.risk == .mayWait } == 1)
    }

    @Test func callsInAnAllowedRegionAreNotStrict() {
        var watch = Watch()
        watch.phases = Self.phases([PhaseEdge(at: 220, tid: 10, .allowedRegion(begins: true))])
        watch.add(Self.allocation(at: 219), Self.allocation(at: 220))
        let process = watch.ledger().processes[0]
        #expect(process.phases[.steady].kernel.map(\.calls) == [2])
        #expect(process.strictKernel.mapValues { $0.map(\.calls) } == [10: [1]])
    }

    @Test func whatAnInterruptAllocatesIsNotTheThreads() {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, interrupt: true), Self.allocation(at: 251, interrupt: true))
        let process = watch.ledger().processes[0]
        #expect(process.phases[.steady].inInterrupts[.kmalloc] == 2)
        #expect(process.phases[.steady].kernel == [] && process.strictKernel == [:])
    }

    @Test(arguments: [0x20010, 0x40010] as [UInt64]) func whatTheInterposerOrAUprobeCausesIsOurs(userIP: UInt64) {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, userIP: userIP), Self.fault(at: 251, 0x30000, userIP: userIP))
        let process = watch.ledger().processes[0]
        #expect(process.phases[.steady].kernel == [])
        #expect(process.faultSites.map(\.calls) == (userIP == 0x20010 ? [] : [1]))
    }

    @Test(arguments: [(0x10010, 0), (0x10011, 0), (0x10012, 1), (0x1000f, 1)] as [(UInt64, Int)])
    func aProbesBreakpointIsOurs(userIP: UInt64, calls: Int) {
        var watch = Watch(KernelBook(probes: [0x10010]))
        watch.add(Self.allocation(at: 250, userIP: userIP))
        #expect(watch.ledger().processes[0].phases[.steady].kernel.count == calls)
    }

    @Test func whatPerfAllocatesToWatchIsOurs() {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, site: 0xd0))
        #expect(calls(watch.ledger(), .steady) == [])
    }

    @Test func aTracepointsOwnFunctionIsNoSite() {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, site: 0xc0, outerSite: 0xe0), Self.allocation(at: 251, site: 0xf0))
        #expect(Set(watch.ledger().processes[0].phases[.steady].kernel.map(\.site)) == ["xfs_iget", "0xf0"])
    }

    @Test func aCallChainNamesWhoAskedTheAllocator() {
        var watch = Watch()
        let stack = watch.stacks.index(
            of: KernelStack(kernel: [0xc0, 0xb0, 0xe0], user: [0x10020, 0x20020], isWhole: true))
        watch.add(Self.allocation(at: 250, site: 0xb0, stack: stack))
        let row = watch.ledger().processes[0].phases[.steady].kernel[0]
        #expect(row.site == "xfs_iget" && row.module == "xfs" && row.mempool && !row.truncated)
        #expect(
            row.stack?.map { $0.function ?? $0.module } == [
                "__traceiter_kmalloc", "mempool_alloc_slab", "xfs_iget", "/bin/subject",
            ])
    }

    // MARK: I/O flushers

    @Test func theThreadsThatAllocateAfterSetupAreToBeLookedAt() {
        var watch = Watch()
        watch.add(
            Self.allocation(at: 199), Self.allocation(at: 250, tid: 12),
            Self.allocation(at: 251, tid: 13, interrupt: true))
        #expect(watch.allocating == [KernelBook.Thread(pid: 10, tid: 12)])
    }

    /// Thread 12 is one. A thread that had ended is known only if it is the process's only one.
    @Test(
        arguments: [
            (10, 1, true, .mayWait), (10, 2, true, .mayWaitForWriteback), (10, 1, false, .mayWaitForWriteback),
            (11, 1, true, .mayWaitForWriteback), (12, 2, false, .mayWait),
        ] as [(Int32, UInt32, Bool, KernelAllocation.Risk)])
    func aFlusherDoesNotWaitForWriteback(tid: Int32, threads: UInt32, atSteady: Bool, risk: KernelAllocation.Risk) {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, tid: tid))
        var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")
        process.threadsCreated = threads - 1
        process.lock.ioFlusher = atSteady
        #expect(watch.ledger(flushers: [12: true], process).processes[0].phases[.steady].kernel.map(\.risk) == [risk])
    }

    /// What the kernel's record says of the thread holds for this allocation, whatever was read in /proc at another time; and nobody
    /// needs to look.
    @Test func whatTheRecordSaysDecides() {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, isFlusher: true), Self.allocation(at: 251, bytes: 8, isFlusher: false))
        #expect(watch.allocating == [])
        for known in [[10: true], [10: false], [:]] as [[Int32: Bool]] {
            let rows = watch.ledger(flushers: known).processes[0].phases[.steady].kernel
            #expect(Set(rows.map { "\($0.risk) \($0.bytes)" }) == ["mayWait 64", "mayWaitForWriteback 8"])
        }
    }

    @Test func sizesOfOneSiteAreKeptApart() {
        var watch = Watch()
        for (bytes, calls) in [(912, 3), (80, 2), (272, 1)] as [(UInt64, UInt64)] {
            for _ in 0..<calls { watch.add(Self.allocation(at: 250, bytes: bytes)) }
        }
        let rows = watch.ledger().processes[0].phases[.steady].kernel
        #expect(rows.map(\.calls) == [6])
        #expect(rows.map(\.sizes) == [["912": 3, "80": 2, "272": 1]])
    }

    @Test func whatWasReadDecides() {
        var watch = Watch()
        watch.add(Self.allocation(at: 250))
        var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")
        process.lock.ioFlusher = true
        let rows = watch.ledger(flushers: [10: false], process).processes[0].phases[.steady].kernel
        #expect(rows.map(\.risk) == [.mayWaitForWriteback])
    }

    // MARK: processes

    @Test(arguments: [false, true]) func aForkThatDidNotReportIsItsParentsUntilItsExec(countsForksApart: Bool) {
        var watch = Watch(countsForksApart: countsForksApart)
        watch.add(
            Self.forked(11, from: 10), Self.forked(12, from: 11), Self.allocation(at: 260, pid: 12, tid: 12),
            KernelRecord(nanoseconds: 265, pid: 12, tid: 12, kind: .becameProgram),
            Self.allocation(at: 270, bytes: 1, pid: 12, tid: 12))
        #expect(calls(watch.ledger(), .steady) == (countsForksApart ? [] : [1]))
        #expect(watch.book.unreported[12]?.values.map(\.calls).reduce(0, +) == (countsForksApart ? 2 : 1))
        #expect(watch.book.pids == [11, 12])
    }

    /// Process 11 was none of ours before process 10 forked another of that number.
    @Test func aForksPidIsAnothersNoMore() {
        var watch = Watch()
        watch.add(
            Self.allocation(at: 240, pid: 11, tid: 11), Self.forked(11, from: 10),
            Self.allocation(at: 260, pid: 11, tid: 11))
        #expect(calls(watch.ledger(), .steady) == [1])
        #expect(watch.book.unreported[11]?.values.map(\.calls) == [1])
    }

    /// Process 12 has a ledger because the syscalls witness saw it.
    @Test func aProcessThatNeverReportedHasItsAllocationsInSetup() {
        var watch = Watch()
        watch.add(Self.allocation(at: 250, pid: 12, tid: 12), Self.allocation(at: 251, bytes: 1, pid: 12, tid: 12))
        var ledger = Ledger()
        ledger.unreportedProcesses = [ProcessLedger(pid: 12, parentPid: 0, executable: "/bin/static")]
        ledger.add(watch.view(), of: [])
        #expect(ledger.unreportedProcesses[0].phases[.setup].kernel.map(\.calls) == [2])
        #expect(ledger.unreportedProcesses[0].phases[.setup].kernel.map(\.bytes) == [65])
    }

    @Test func aPidThatIsItsOwnAncestorEndsTheSearch() {
        var watch = Watch()
        watch.add(Self.forked(11, from: 12), Self.forked(12, from: 11), Self.allocation(at: 260, pid: 11, tid: 11))
        #expect(watch.book.unreported[11]?.values.map(\.calls) == [1])
    }

    /// A forked child has its parent's code, the interposer's too.
    @Test func aForksMappingsAreItsParents() {
        var watch = Watch()
        watch.add(Self.forked(11, from: 10), Self.allocation(at: 260, pid: 11, tid: 11, userIP: 0x20010))
        #expect(calls(watch.ledger(), .steady) == [])
    }

    /// Where the interposer was before the exec, another file may lie now.
    @Test func anExecsMappingsAreNew() {
        var watch = Watch()
        watch.add(
            Self.allocation(at: 240, userIP: 0x20010),
            KernelRecord(nanoseconds: 250, pid: 10, tid: 10, kind: .becameProgram),
            Self.allocation(at: 260, userIP: 0x20010))
        #expect(calls(watch.ledger(), .steady) == [1])
    }

    @Test func aProcessThatTheKernelNumbersOtherwiseIsNotObserved() {
        var watch = Watch()
        watch.add(Self.forked(10, from: 1))
        let view = watch.view()
        let known = ProcessLedger(pid: 10, parentPid: 1, executable: "")
        let other = ProcessLedger(pid: 2, parentPid: 1, executable: "")
        #expect(view.witness(of: [known]) == .active)
        #expect(view.witness(of: [known, other]).status == .partial)
    }

    @Test(arguments: [(199, false), (200, true), (300, false)] as [(UInt64, Bool)])
    func namesAreNeededOnceAProcessHasPhases(nanoseconds: UInt64, hasPhases: Bool) {
        var watch = Watch()
        watch.add(Self.allocation(at: nanoseconds))
        #expect(watch.book.hasPhases == hasPhases)
        #expect(watch.book.sites == [0xa0, 0])
    }

    // MARK: page faults

    @Test func onlyTheSteadyPhasesFaultsAreKept() {
        var watch = Watch()
        watch.add(
            Self.fault(at: 199, 0x30000), Self.fault(at: 200, 0x30010), Self.fault(at: 299, 0x30020),
            Self.fault(at: 300, 0x30000))
        #expect(
            watch.ledger().processes[0].faultSites == [
                FaultSite(
                    tid: 10, calls: 2, address: 0x30010, memory: "[heap]",
                    stack: [Frame(module: "/bin/subject", offset: 0x10)])
            ])
    }

    @Test(
        arguments: [
            (0x30000, 0x70000, "[heap]"), (0x6fff8, 0x70000, "stack"), (0x71000, 0x70000, "stack"),
            (0x5fff0, 0x70000, nil), (0x30800, 0x30900, "stack"), (0x50000, 0x9000_0000, nil),
            (0x30000, 0x10800, "[heap]"),
        ] as [(UInt64, UInt64, String?)]) func aFaultNamesItsMemory(
            address: UInt64, stackPointer: UInt64, memory: String?
        )
    {
        var watch = Watch()
        watch.add(Self.fault(at: 250, address, userSP: stackPointer))
        #expect(watch.ledger().processes[0].faultSites.map(\.memory) == [memory])
    }

    @Test func faultsInAnAllowedRegionOrAfterTheEndAreNotKept() {
        var watch = Watch()
        watch.phases = Self.phases([
            PhaseEdge(at: 220, tid: 10, .allowedRegion(begins: true)),
            PhaseEdge(at: 240, tid: 10, .allowedRegion(begins: false)),
            PhaseEdge(at: 280, .phase(.closed, interlude: 1)),
        ])
        watch.add(Self.fault(at: 230, 0x30000), Self.fault(at: 250, 0x30010), Self.fault(at: 290, 0x30020))
        var process = ProcessLedger(pid: 10, parentPid: 1, executable: "/bin/subject")
        for (last, calls) in [(1, 1), (2, 2)] as [(UInt32, UInt64)] {
            process.lastInterlude = last
            process.endsClosed = true
            #expect(watch.ledger(process).processes[0].faultSites.reduce(0) { $0 + $1.calls } == calls)
        }
    }

    @Test func faultsOfUprobesAreCountedApart() {
        var watch = Watch()
        watch.add(Self.fault(at: 250, 0x40000), Self.fault(at: 251, 0x40008), Self.fault(at: 252, 0x40000, tid: 12))
        #expect(watch.book.ownFaults == [10: 2, 12: 1])
        #expect(watch.ledger().processes[0].faultSites == [])
    }
}
