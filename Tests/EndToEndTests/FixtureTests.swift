import Foundation
import Testing

/// Each fixture misbehaves in one way, and says what the audit must make of it.
@Suite struct FixtureTests {
    @Test func thereAreFixtures() {
        #expect(Expectation.all.count > 30)
    }

    private static let byAnybody = Expectation.all.filter { !$0.needsRoot && !$0.needsPagemapScan }

    /// An ordinary user's way of asking the kernel is another, and those of these are judged by seccomp below.
    @Test(arguments: byAnybody.filter { isRoot || !$0.namesSystemCalls })
    func isJudgedAsItSays(expected: Expectation) throws {
        try check(expected, options: expected.options)
    }

    @Test(
        .enabled(
            if: isRoot, "needs root: an ordinary user may not lock a thread's stack, nor see whose a page fault is"),
        arguments: Expectation.all.filter(\.needsRoot))
    func isJudgedAsItSaysForRoot(expected: Expectation) throws {
        try check(expected, options: expected.options)
        try check(expected, options: expected.options + ["--syscalls", "seccomp"])
    }

    private static let hasPagemapScan: Bool = {
        let numbers = (try? run(["uname", "-r"]).output)?.split(separator: ".").prefix(2).compactMap { Int($0) } ?? []
        return !numbers.lexicographicallyPrecedes([6, 7])
    }()

    @Test(.enabled(if: hasPagemapScan, "needs Linux 6.7"), arguments: Expectation.all.filter(\.needsPagemapScan))
    func isJudgedAsItSaysByLaterKernels(expected: Expectation) throws {
        try check(expected, options: expected.options)
    }

    /// The other way in which the kernel can be asked; the first is perf's where it is allowed.
    @Test(arguments: byAnybody.filter { !$0.options.contains("--syscalls") })
    func isJudgedTheSameBySeccomp(expected: Expectation) throws {
        try check(expected, options: expected.options + ["--syscalls", "seccomp"])
    }

    /// perf's events, which an ordinary user may have, tell of each process that is made.
    @Test(
        .enabled(if: isRoot, "needs root: not every user may have perf's events"),
        arguments: Expectation.all.filter { $0.made > 0 })
    func isJudgedAsItSaysByPerfsRecords(expected: Expectation) throws {
        try check(expected, options: expected.options + ["--syscalls", "perf-mappings"])
    }

    private func check(_ expected: Expectation, options: [String]) throws {
        let scratch = try Scratch()
        let installation = expected.changesUser ? try Installation() : nil
        let program = try installation?.fixture(expected.name) ?? Place.fixture(expected.name)
        let (outcome, report) = try audit(
            [program, scratch.file("data")], options: options, by: installation?.dioaudit ?? Place.dioaudit)
        let audit = try #require(report.audits.first)
        let said = "\(outcome.errors)"
        #expect(outcome.status == expected.exit, "\(said)")
        #expect(report.verdict == expected.verdict, "\(said)")
        let reasons = try #require(audit["reasons"] as? [String])
        let isByEvents = witness("syscalls", of: audit)?["method"] as? String == "perf-mappings"
        let made = isByEvents && expected.made > 0 ? ["the kernel saw \(expected.made) process being made"] : []
        let expectedReasons = expected.reasons + made
        for reason in expectedReasons {
            #expect(reasons.contains { $0.contains(reason) }, "\(reason) is not among \(reasons)")
        }
        // A failure's first reason adds the violations up.
        for reason in reasons where expected.verdict != "fail" || !reason.hasPrefix("in the ") {
            // Without BPF programs: a page of code that comes from the disk now, and blocks of the file system's own.
            if !isRoot && expected.verdict != "pass" && reason.hasPrefix("the kernel accounts ") { continue }
            #expect(expectedReasons.contains { reason.contains($0) }, "a reason that it does not name: \(reason)")
        }
        if let threads = expected.threads {
            #expect((audit["subject"] as? [String: Any])?["threads"] as? Int == threads, "threads")
        }
        for (phase, counts) in expected.phases { try check(audit, phase, counts) }
        if let transfers = expected.kernelTransfers, witness("transfers", of: audit)?["status"] as? String == "active" {
            #expect(try kernelTransfers(of: audit) == transfers, "the kernel's count of transfers")
        }
        if let settled = expected.settled {
            #expect((audit["settledAfter"] as? UInt64).map(String.init) ?? "never" == settled, "settledAfter")
        }
        try checkUnnamedPhases(audit, expected)
        try checkViolations(audit, expected)
        for region in expected.regions { try check(audit, region) }
    }

    private func check(_ audit: [String: Any], _ expected: Expectation.Region) throws {
        let processes = try #require(audit["processes"] as? [[String: Any]])
        let regions = processes.flatMap { $0["regions"] as? [[String: Any]] ?? [] }
        let named = regions.filter { $0["name"] as? String == expected.name }
        let region = try #require(named.first, "\(expected.name)")
        #expect(named.count == 1, "\(expected.name) is listed \(named.count) times")
        #expect(region["allowed"] as? Bool == expected.allowed)
        #expect(region["entered"] as? UInt64 == expected.entered)
        let events = try #require(region["events"] as? [String: [String: UInt64]])
        for (kind, event) in events {
            let count = expected.counts[kind] ?? .zero
            let (calls, bytes) = (event["calls"] ?? 0, event["bytes"] ?? 0)
            #expect(count.matches(calls: calls, bytes: bytes), "\(expected.name): \(kind) \(calls)/\(bytes)")
        }
    }

    private func check(_ audit: [String: Any], _ name: String, _ counts: [String: Expectation.Count]) throws {
        let phase = try phase(name, of: audit)
        let events = try #require(phase["events"] as? [String: [String: UInt64]])
        let counts = counts.choosing(among: events.filter { $0.value["calls"] != 0 }.keys)
        if let transfers = counts["transfers"] {
            #expect(phase["transfers"] as? UInt64 == transfers.calls, "transfers in \(name)")
            if !transfers.bytes.isEmpty {
                #expect(
                    transfers.bytes.contains(phase["transferredBytes"] as? UInt64 ?? .max), "bytes in \(name)")
            }
        }
        if let syncs = counts["syncs"] { #expect(phase["syncs"] as? UInt64 == syncs.calls, "syncs in \(name)") }
        for kind in counts.keys where kind != "transfers" && kind != "syncs" {
            #expect(events[kind] != nil, "\(kind) is no kind of event")
        }
        // Libc maps for itself too; but what is interposed arrives in the kernel, unless it is denied.
        let mapped = try [#require(events["mmap"]?["calls"]), #require(events["syscallMmap"]?["calls"])]
        if name == "steady", audit["enforce"] as? String != "deny" {
            #expect(mapped[0] <= mapped[1], "the witnesses' mmaps")
        }
        for (kind, event) in events
        where counts[kind] != nil
            || !(kind.hasPrefix("pageFault") || kind.hasPrefix("syscall") || kind == "pagesUnexplained")
        {
            let expected = counts[kind] ?? .zero
            let calls = event["calls"] ?? 0
            let bytes = event["bytes"] ?? 0
            #expect(expected.matches(calls: calls, bytes: bytes), "\(name): \(kind) \(calls)/\(bytes), not \(expected)")
        }
    }

    /// The loader and libc allocate in every program's setup and teardown, in their own ways. Elsewhere nothing happens of which
    /// the fixture does not say.
    private func checkUnnamedPhases(_ audit: [String: Any], _ expected: Expectation) throws {
        let phases = try #require(audit["phases"] as? [[String: Any]])
        for phase in phases {
            let name = try #require(phase["name"] as? String)
            guard !["setup", "teardown"].contains(name), expected.phases[name] == nil else { continue }
            try check(audit, name, [:])
        }
    }

    private func checkViolations(_ audit: [String: Any], _ expected: Expectation) throws {
        let violations = try #require(audit["violations"] as? [[String: Any]])
        for violation in expected.violations {
            #expect(violations.contains { matches(violation, $0) }, "\(violation) is not among \(violations)")
        }
        for violation in violations {
            let kind = try #require(violation["kind"] as? String)
            let phase = try #require(violation["phase"] as? String)
            #expect(
                expected.violations.contains { matches($0, violation) }
                    || expected.namesViolations(of: kind, in: phase),
                "a violation that it does not name: \(violation)")
        }
    }

    private func matches(_ expected: Expectation.Violation, _ violation: [String: Any]) -> Bool {
        let functions = (violation["stack"] as? [[String: Any]] ?? []).map { $0["function"] as? String ?? "" }
        return expected.kinds.contains(violation["kind"] as? String ?? "")
            && expected.count.matches(
                calls: violation["calls"] as? UInt64 ?? 0, bytes: violation["bytes"] as? UInt64 ?? 0)
            && (expected.first.map { violation["firstTransfer"] as? UInt64 == $0 } ?? true)
            && (expected.faults.map { violation["pageFaults"] as? UInt64 == $0 } ?? true)
            && (expected.within.map { violation["within"] as? String == $0 } ?? true)
            && (expected.thread.map { violation["thread"] as? String == String($0.prefix(15)) } ?? true)
            && isSubsequence(expected.functions, of: functions)
    }

    private func isSubsequence(_ wanted: [String], of functions: [String]) -> Bool {
        var rest = functions[...]
        for function in wanted {
            guard let index = rest.firstIndex(where: { $0 == function || $0.hasPrefix(function + "(") }) else {
                return false
            }
            rest = rest[(index + 1)...]
        }
        return true
    }
}

extension [String: Expectation.Count] {
    /// Of `a|b`, the one that happened; the first where none did. Those that were not chosen are expected to be none.
    fileprivate func choosing(among happened: some Sequence<String>) -> Self {
        let happened = Set(happened)
        return Dictionary(
            uniqueKeysWithValues: map { kinds, count in
                let kinds = kinds.split(separator: "|").map(String.init)
                return (kinds.first(where: happened.contains) ?? kinds[0], count)
            })
    }
}
