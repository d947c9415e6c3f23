import Testing

@testable import AuditCore

/// What is worse than a baseline, and what only looks so.
@Suite struct BaselineTests {
    // MARK: a place's identity

    private func violation(
        _ functions: [String], _ kind: EventKind = .malloc, calls: UInt64 = 1, module: String = "/opt/daemon",
        first: UInt64? = 2, last: UInt64? = 90
    ) -> Violation {
        var violation = Violation(of: kind, count: EventCount(calls: calls, bytes: calls * 8), pid: 1)
        violation.stack = functions.map { Frame(function: $0, file: "a.c", line: 1, module: module, offset: 1) }
        violation.firstTransfer = first
        violation.lastTransfer = last
        return violation
    }

    private func identity(_ violation: Violation) -> PlaceIdentity? {
        PlaceIdentity(of: violation, ownFrame: Place.ownFrame(of: violation.stack))
    }

    @Test(arguments: [
        ("flush.isra.0", "flush"), ("flush.constprop.1", "flush"), ("flush.part.2", "flush"), ("flush.cold", "flush"),
        ("flush.lto_priv.0", "flush"), ("flush.llvm.123", "flush"), ("flush.isra.0.cold", "flush"),
        ("flush(int) [clone .isra.0]", "flush(int)"), ("flush(int) [clone .isra.0] [clone .cold]", "flush(int)"),
        ("a::b::h0123456789abcdef", "a::b"), ("flush", "flush"), ("flush.2", "flush.2"), (".cold", ".cold"),
        ("cold", "cold"), ("a.b", "a.b"), ("closure #1 in main.swift", "closure #1 in main.swift"), ("", ""),
    ]) func compilersSuffixesAreNoPartOfAName(name: String, without: String) {
        #expect(withoutCompilersSuffixes(name) == without)
    }

    @Test func aPlaceIsToldByItsFunctionsModuleAndGroup() throws {
        let place = try #require(identity(violation(["malloc_wrapper", "flush", "step", "main", "__libc_start_main"])))
        #expect(place.functions == ["flush", "step", "main"] && place.module == "daemon" && place.group == .heap)
        var moved = violation(
            ["malloc_wrapper", "flush.isra.0", "step", "step", "main", "_start"], .calloc, module: "/usr/daemon")
        for frame in moved.stack.indices {
            moved.stack[frame].line = 7
            moved.stack[frame].offset = 999
        }
        moved.pid = 77
        moved.thread = "worker-3"
        #expect(identity(moved) == place)
        #expect(identity(violation(["flush", "other", "main"])) != place)
        #expect(identity(violation(["flush", "step", "main"], .mmap)) != place)
        #expect(identity(violation(["flush", "step", "main"], module: "/lib/libx.so.1")) != place)
        #expect(
            identity(violation(["f", "main"], module: "/lib/libx.so.1"))
                == identity(violation(["f", "main"], module: "/lib/libx.so.2.3")))
        // Of a minor page fault no major one is known.
        #expect(identity(violation([], .pageFaultMinor)) != identity(violation([], .pageFaultMajor)))
        #expect(identity(violation([])) == nil)
    }

    /// Debian has the names of `__libc_start_call_main` and of `start_thread` in libc6-dbg alone.
    @Test func libcsDebugSymbolsMoveNoPlace() {
        func start(_ functions: [String?]) -> PlaceIdentity? {
            var violation = violation(["flush", "main"])
            violation.stack += functions.map { Frame(function: $0, module: "/lib/libc.so.6", offset: 1) }
            return identity(violation)
        }
        #expect(start(["__libc_start_call_main", "__libc_start_main", "_start"])?.functions == ["flush", "main"])
        #expect(start([nil, "__libc_start_main", "_start"])?.functions == ["flush", "main"])
        #expect(start([nil, nil])?.functions == ["flush", "main"])
        // Elsewhere a function without a name is a caller as any other.
        #expect(start([nil, "qsort"])?.functions == ["flush", "main", "??", "qsort"])
        var stripped = violation(["flush", "main"])
        stripped.stack[1].function = nil
        #expect(identity(stripped)?.functions == ["flush", "??"])
    }

    // MARK: changes

    private func audit(
        _ violations: [Violation], transfers: UInt64 = 99, settledAfter: UInt64? = nil, kernel: Witness = .active,
        scope: String = "process", request: AuditRequest = AuditRequest()
    ) -> Comparand {
        var process = ProcessLedger(pid: 1, parentPid: 0, executable: "/opt/daemon")
        process.steadyReached = true
        process.phases[.warmup].transfers = 1
        process.phases[.steady].transfers = transfers
        return Comparand(
            violations: violations, processes: [process],
            witnesses: Witnesses(interposer: .active, syscalls: .active, kernel: kernel, transfers: .active),
            settledAfter: settledAfter, scope: scope, coverage: Coverage(request), allowances: .none)
    }

    private func changes(_ before: Comparand, _ now: Comparand) -> [Change.Kind] {
        Comparison(of: now, against: before).changes.map(\.kind)
    }

    @Test func whatABaselineDoesNotSayOfItsCoverageIsNotKnown() {
        let now = audit([])
        let before = Comparand(
            violations: [], processes: now.processes, witnesses: now.witnesses, settledAfter: nil, scope: "process",
            coverage: nil, allowances: .none)
        #expect(changes(now, now) == [])
        #expect(changes(before, now) == [.lostCoverage])
    }

    private let chain = ["flush", "step", "main"]

    /// Calls and transfers before and now.
    @Test(
        arguments: [
            (100, 99, 100, 99, [Change.Kind]()), (100, 99, 101, 99, [.moreCalls]), (100, 99, 99, 99, [.fewerCalls]),
            // every transfer and one more, in a shorter and in a longer run
            (100, 99, 50, 49, []), (100, 99, 200, 199, []), (100, 99, 52, 49, [.moreCalls]),
            // every seventh
            (14, 99, 8, 50, []), (14, 99, 142, 990, []), (14, 99, 160, 990, [.moreCalls]),
            // never more than before in no more transfers
            (2, 99, 3, 99, [.moreCalls]), (2, 99, 4, 198, []), (2, 99, 7, 198, [.moreCalls]),
        ] as [(UInt64, UInt64, UInt64, UInt64, [Change.Kind])])
    func callsAreComparedByTheTransfersOfTheirRuns(
        calls: UInt64, transfers: UInt64, later: UInt64, laterTransfers: UInt64, expected: [Change.Kind]
    ) {
        let before = audit([violation(chain, calls: calls)], transfers: transfers)
        let now = audit(
            [violation(chain, calls: later, last: laterTransfers - 1)], transfers: laterTransfers)
        #expect(changes(before, now) == expected)
    }

    @Test func whatCameOnceIsComparedByItsCalls() {
        for before in [
            violation(chain, calls: 1), violation(chain, calls: 12, last: 2), violation(chain, calls: 12, last: 20),
        ] {
            let same = violation(chain, calls: before.calls, last: before.lastTransfer)
            #expect(changes(audit([before]), audit([same], transfers: 40)) == [])
            #expect(changes(audit([before]), audit([same], transfers: 9900)) == [])
            let more = violation(chain, calls: before.calls + 1, last: before.lastTransfer)
            #expect(changes(audit([before]), audit([more], transfers: 9900)) == [.moreCalls])
        }
    }

    @Test func whatIsNewIsWorseAndWhatIsGoneIsSaid() {
        let (old, new) = (violation(["a", "main"]), violation(["b", "main"], calls: 5))
        let comparison = Comparison(of: audit([old, new]), against: audit([old]))
        #expect(comparison.changes.map(\.kind) == [.newPlace] && comparison.known == [0])
        #expect(comparison.changes[0].place?.functions == ["b", "main"] && comparison.changes[0].now?.count == 5)
        #expect(changes(audit([old]), audit([])) == [.gonePlace])
        #expect(changes(audit([old]), audit([new])) == [.newPlace, .gonePlace])
        #expect(changes(audit([old]), audit([old])) == [])
        // No baseline knows calls that might have come from anywhere.
        let lost = violation([])
        #expect(changes(audit([lost]), audit([lost])) == [.newPlace])
    }

    /// The innermost function was compiled into its caller, and a build without debug info does not say so.
    @Test func aFunctionThatIsCompiledIntoItsCallerMovesNoPlace() {
        let (out, into) = (violation(["fill", "flush", "main"]), violation(["flush", "main"]))
        #expect(changes(audit([out]), audit([into])) == [])
        #expect(changes(audit([into]), audit([out])) == [])
        // Only for one that is gone.
        #expect(changes(audit([out]), audit([out, into])) == [.newPlace])
        #expect(changes(audit([into]), audit([out, into])) == [.newPlace])
        #expect(changes(audit([out]), audit([violation(["flush", "main"], calls: 2)])) == [.moreCalls])
    }

    @Test func witnessesAndSettlingAreCompared() {
        let blind = Witness.unavailable("not root")
        #expect(changes(audit([]), audit([], kernel: blind)) == [.lostWitness])
        #expect(changes(audit([], kernel: blind), audit([])) == [.gainedWitness])
        #expect(changes(audit([], settledAfter: 1), audit([], settledAfter: 2)) == [.laterSettling])
        #expect(changes(audit([], settledAfter: 2), audit([], settledAfter: 1)) == [.earlierSettling])
        #expect(changes(audit([], settledAfter: 2), audit([])) == [])
        let known = violation(chain)
        #expect(changes(audit([known], settledAfter: 2), audit([known])) == [.laterSettling])
        #expect(changes(audit([known]), audit([known], settledAfter: 5)) == [.earlierSettling])
    }

    /// Where nothing is looked at there is nothing new.
    @Test func whatIsNotJudgedAnyMoreIsWorse() {
        #expect(changes(audit([]), audit([], scope: "io-threads")) == [.lostCoverage])
        #expect(changes(audit([], scope: "io-threads"), audit([])) == [])
        #expect(changes(audit([], scope: "thread:a"), audit([], scope: "thread:b")) == [.lostCoverage])
        #expect(changes(audit([], scope: "thread:a"), audit([], scope: "thread:a")) == [])
        var allowing = AuditRequest()
        allowing.policy = Policy(allow: [.malloc])
        #expect(changes(audit([]), audit([], request: allowing)) == [.lostCoverage])
        #expect(changes(audit([], request: allowing), audit([])) == [])
    }

    /// It is the program that lets more pass then.
    @Test func moreInAnAllowedRegionIsWorse() {
        func within(
            _ name: String, allowed: Bool = true, _ kind: EventKind = .malloc, calls: UInt64 = 1,
            of transfers: UInt64 = 99
        ) -> Comparand {
            var process = audit([], transfers: transfers).processes[0]
            var region = RegionLedger(name: name, allowed: allowed, entered: 1, left: 1)
            region.steadyEvents[kind] = EventCount(calls: calls)
            process.regions = [region]
            return Comparand(
                violations: [], processes: [process], witnesses: audit([]).witnesses, settledAfter: nil,
                scope: "process", coverage: Coverage(AuditRequest()), allowances: .none)
        }
        #expect(changes(audit([]), within("log")) == [.lostCoverage])
        #expect(changes(within("send"), within("log")) == [.lostCoverage])
        #expect(changes(within("log"), within("log")) == [])
        #expect(changes(within("log", calls: 5), within("log", calls: 6)) == [.lostCoverage])
        #expect(changes(within("log", calls: 5), within("log", calls: 4)) == [])
        // In a shorter run as many, in one that is twice as long twice as many and one more.
        #expect(changes(within("log", calls: 5), within("log", calls: 5, of: 9)) == [])
        #expect(changes(within("log", calls: 5), within("log", calls: 11, of: 198)) == [])
        #expect(changes(within("log", calls: 5), within("log", calls: 12, of: 198)) == [.lostCoverage])
        #expect(changes(within("log", calls: 5, of: 0), within("log", calls: 6)) == [.lostCoverage])
        // What is no violation elsewhere is none there.
        #expect(changes(audit([]), within("log", .free)) == [])
        #expect(changes(within("log"), audit([])) == [])
        #expect(changes(audit([]), within("log", allowed: false)) == [])
        #expect(changes(audit([]), within("log", calls: 0)) == [])
    }
}
