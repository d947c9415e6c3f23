import Testing

@testable import AuditCore

@Suite struct BudgetTests {
    @Test(arguments: [
        "malloc=3", "heap/transfer=0.5", "bytes=64k", "malloc/bytes=4096", "all=0", "faults=10", "mappings=1",
        "malloc,calloc=2", "thread:log*=3", "place:operator==*=1", "heap,place:flush=2", "file:src/log.c/bytes=1m",
        "place:f<int, long>/transfer=1", "setup.heap=100", "teardown.bytes=1g", "locked=8m", "settledAfter=1",
    ]) func isUnderstood(text: String) throws {
        #expect(try Budget(text).text == text)
    }

    @Test(arguments: [
        "malloc", "=3", "malloc=", "malloc=-1", "malloc=1.5", "malloc=1e400", "malloc=3k", "mallok=3", "kmalloc=1",
        "bytes/transfer=1", "thread:=1", "setup.thread:x=1", "heap/transfer=nan", "locked=-1", "place:\\x=1", "=", "",
        "malloc=99999999999999999999",
    ]) func isRefused(text: String) {
        #expect(throws: Budget.Problem.self) { try Budget(text) }
    }

    private func violation(
        _ kind: EventKind, _ calls: UInt64, _ function: String, thread: String = "main", bytes: UInt64 = 8
    ) -> Violation {
        var violation = Violation(of: kind, count: EventCount(calls: calls, bytes: calls * bytes), pid: 1)
        violation.stack = [Frame(function: function, file: "/src/\(function).c", line: 1, module: "/opt/a", offset: 1)]
        violation.thread = thread
        return violation
    }

    private func use(_ text: String, _ violations: [Violation]) throws -> BudgetUse {
        try judged([text], violations).uses[0]
    }

    private func judged(
        _ texts: [String], _ violations: [Violation], interposer: Witness = .active
    ) throws -> (remaining: [Violation], uses: [BudgetUse]) {
        var process = ProcessLedger(pid: 1, parentPid: 0, executable: "/opt/a")
        process.steadyReached = true
        process.lock.observed = true
        process.lock.lockedBytes = 4096
        process.phases[.steady].transfers = 10
        process.phases[.setup].events[.malloc] = EventCount(calls: 7, bytes: 70)
        process.phases[.setup].events[.free] = EventCount(calls: 5)
        process.phases[.steady].events[.free] = EventCount(calls: 4)
        var ledger = Ledger()
        ledger.processes = [process]
        var observation = Observation(
            subject: Subject(command: ["a"], exit: SubjectExit(code: 0)), ledger: ledger, pid: 1)
        observation.syscalls = .active
        return violations.budgeted(
            by: try texts.map { text in try Budget(text) }, observation, AuditRequest(), interposer: interposer,
            settledAfter: settledAfter([process], policy: AuditRequest().policy, scope: .process))
    }

    @Test func itsCountIsExact() throws {
        let all = [
            violation(.malloc, 3, "flush"), violation(.calloc, 2, "log", thread: "logger"), violation(.mmap, 1, "map"),
        ]
        for (what, used) in [
            ("malloc", 3), ("heap", 5), ("all", 6), ("mappings", 1), ("bytes", 48), ("malloc/bytes", 24),
            ("calloc,mmap", 3),
            ("heap/transfer", 0.5), ("thread:log*", 2), ("place:flush", 3), ("file:log.c", 2), ("heap,thread:main", 3),
            ("free", 4), ("malloc,free", 7), ("setup.malloc", 7), ("setup.heap", 7), ("setup.free", 5),
            ("setup.bytes", 70),
            ("locked", 4096), ("faults", 0),
        ] as [(String, Double)] {
            let found = try use("\(what)=\(what.hasSuffix("/transfer") ? "100" : "100000")", all)
            #expect(found.used == used && found.status == .kept, "\(what): \(found.used as Any)")
        }
    }

    @Test func oneMoreThanItsLimitExceedsIt() throws {
        let three = [violation(.malloc, 3, "flush")]
        let kept = try judged(["malloc=3"], three)
        #expect(kept.remaining == [] && kept.uses[0].violations == three && kept.uses[0].status == .kept)
        let exceeded = try judged(["malloc=2"], three)
        #expect(
            exceeded.remaining == three && exceeded.uses[0].violations == [] && exceeded.uses[0].status == .exceeded)
        // The stricter one counts.
        let both = try judged(["heap=10", "malloc=2"], three)
        #expect(both.remaining == three && both.uses.map(\.status) == [.kept, .exceeded])
        #expect(try judged(["place:other=10"], three).remaining == three)
    }

    @Test func whatWasNotSeenIsNotKept() throws {
        let blind = Witness.unavailable("static")
        let uses = try judged(["setup.heap=100", "free=100", "settledAfter=5"], [], interposer: blind).uses
        #expect(uses.map(\.status) == [.unknown, .unknown, .kept])
        #expect(uses[0].reason == "static" && uses.allSatisfy { !$0.isStale })
    }

    @Test func whatNothingUsedIsStale() throws {
        #expect(try use("malloc=3", []).isStale)
        #expect(try !use("malloc=0", []).isStale)
        #expect(try !use("malloc=3", [violation(.malloc, 1, "f")]).isStale)
    }
}
