import Foundation
import Testing

/// DioauditTesting as somebody else uses it: a package that depends on it by path, whose tests are to pass or fail. A plain `swift test`
/// runs them, without an environment.
@Suite struct AssertionTests {
    private static let project = "\(Place.repository)Tests/projects/assertions"
    private static let scratch = "\(Place.repository).build/assertions"
    private static let products = "\(scratch)/debug/"
    private static let program = products + "assertionsPackageTests.xctest"

    /// One run for all that is asked here.
    private static let outcome = Result {
        let attachments = scratch + "/attachments"
        try? FileManager.default.removeItem(atPath: attachments)
        try FileManager.default.createDirectory(atPath: attachments, withIntermediateDirectories: true)
        return try run(
            ["swift", "test", "--scratch-path", scratch, "--attachments-path", attachments],
            // Of the tests that run now, which are others.
            environment: ["SWIFT_TESTING_ENABLED": "", "NO_COLOR": "1"], directory: project)
    }

    /// The first line of each test's issue. Tests write at the same time: two of their lines may stand on one.
    static func issues(_ outcome: Outcome) -> [String: [String]] {
        let issue = /✘ Test (\w+)\([^✔✘◇\n]* recorded an issue .*\n↳ (.*)\n/
        let found = (outcome.output + outcome.errors).matches(of: issue)
        return Dictionary(grouping: found) { String($0.1) }.mapValues { $0.map { String($0.2) } }
    }

    /// The counts stand in the tests themselves: so many calls in a loop.
    private static let failures: [String: String] = [
        "fails": "6 mallocs in 2 runs",
        "isNotWarm": "5 mallocs in 1 run",
        "exceedsLimit": "3 mallocs in 1 run, and 2 are allowed",
        "freesAtLast": "1 free in 1 run",
        "judgesABodyThatThrows": "1 valloc in 1 run",
        "asyncJudgesABodyThatThrows": "1 valloc in 1 run",
        "directReadsThatAllocateFail": "16 aligned_allocs in 1 run",
        "asyncFails": "4 mallocs in 2 runs",
        "asyncFollowsThreads": "20 mallocs in 1 run",
        "asyncFollowsChildren": "4 vallocs in 1 run",
        "actorFails": "7 mallocs in 1 run",
        "startsAThread": "inconclusive: the body started a thread, whose calls are not counted",
        "leavesForMainActor": inconclusive,
        "allocatesOnMainActor": inconclusive,
        "traitFails": "4 mallocs in 1 run",
        "traitByCase": "5 mallocs in 1 run",
        "traitExceedsLimit": "4 mallocs in 1 run, and 3 are allowed",
        "traitExceedsRate": "5 mallocs in 10 runs, and 4 are allowed",
        "traitForbidsFree": "1 free in 1 run",
        "inSuiteFails": "6 mallocs in 1 run",
        "forbiddenFaultsFail": "7 minor page faults in 1 run",
        "faultsExceedLimit": "7 minor page faults in 1 run, and 6 are allowed",
        "faultsBesideAllocations": "2 mallocs, 3 minor page faults in 1 run",
    ]

    private static let passes: Set = [
        "passes", "warmsUp", "keepsToLimit", "isAllowed", "countsEachKind", "countsWhatLibcAllocates", "nests",
        "endsWhenItsBodyThrows", "countsExactly", "directReadsPass", "asyncPasses", "asyncPassesAcrossThreads",
        "actorPasses",
        "traitPasses", "traitKeepsToLimit", "traitKeepsToRate", "traitAllows", "inSuitePasses",
        "faultsAreNotJudged", "forbiddenFaultsOfTheWarmUpPass", "faultsKeepToLimit",
    ]

    private static let inconclusive =
        "inconclusive: the body's task left what is followed, and what it did there was not observed: it ran on the main actor or on an "
        + "actor with an executor of its own, or a callback of other code resumed it"

    @Test func eachTestPassesOrFailsAsItShould() throws {
        let outcome = try Self.outcome.get()
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(Self.issues(outcome) == Self.failures.mapValues { [$0] })
        let passed = outcome.output.matches(of: /✔ Test (\w+)\([^✔✘◇\n]* passed after/).map { String($0.1) }
        #expect(Set(passed) == Self.passes)
    }

    /// Nothing but a mapping faults there, and each of its pages does at once.
    @Test(.enabled(if: geteuid() == 0, "locks more than others may")) func aLockedProcessIsJudgedByItsPageFaults()
        throws
    {
        _ = try Self.outcome.get()
        let outcome = try run(
            [Self.program, "--testing-library", "swift-testing", "--filter", "AssertionTests.Locked"],
            environment: ["LOCKS": "1", "NO_COLOR": "1"])
        #expect(
            Self.issues(outcome) == [
                "lockedMappingFaultsItsPagesIn": ["1 mmap, 5 minor page faults in 1 run"],
                "lockedMappingMayBeAllowed": ["5 minor page faults in 1 run"],
                "lockedAsync": ["1 posix_memalign, 2 mmaps, 5 minor page faults in 1 run"],
            ], "\(outcome)")
        let said = outcome.output + outcome.errors
        #expect(said.contains("5 tests in 1 suite failed"))
        // The yield's own.
        #expect(said.components(separatedBy: "allowing .posixMemalign leaves it out").count == 2, "\(said)")
    }

    @Test func anIssueHasThePlaceAndItsCallsPerRun() throws {
        let bodies = try String(contentsOfFile: "\(Self.project)/Tests/AssertionTests/Bodies.swift", encoding: .utf8)
        let line = try #require(
            bodies.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("malloc(") })
        let output = try Self.outcome.get().output
        #expect(output.contains("6 mallocs, 3.00 per run, 192 bytes:\n"))
        #expect(output.contains("#0 AssertionTests.allocate Tests/AssertionTests/Bodies.swift:\(line + 1) ("))
        // None of the assertion's own frames.
        #expect(!output.contains("DioauditTesting."))
    }

    @Test func xctestHasTheSame() throws {
        let outcome = try Self.outcome.get()
        #expect(outcome.output.contains("error: XCTestTests.testFails : 8 mallocs in 1 run\n"))
        // Where the body resumes on another thread, libdispatch may need room to say so.
        #expect(outcome.output.contains(/error: XCTestTests.testFailsAsync : 9 mallocs(, \d callocs?)? in 1 run\n/))
        #expect(outcome.output.contains("Executed 3 tests, with 2 failures (0 unexpected)"))
    }

    @Test func theAttachedReportsAreReports() throws {
        _ = try Self.outcome.get()
        let directory = Self.scratch + "/attachments"
        let reports = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(reports.count == Self.failures.count)
        var verdicts: [String: Int] = [:]
        for name in reports {
            let outcome = try validate("\(directory)/\(name)")
            #expect(outcome.status == 0, "\(name): \(outcome.errors)")
            let text = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
            verdicts[try StoredReport(text).verdict, default: 0] += 1
        }
        #expect(verdicts == ["fail": Self.failures.count - 3, "inconclusive": 3])
    }

    /// Their operator new does not call their malloc: what was not counted is no pass.
    @Test(arguments: ["libjemalloc.so.2", "libtcmalloc.so.4", "libtcmalloc_minimal.so.4"])
    func behindAnotherAllocatorNothingPasses(library: String) throws {
        _ = try Self.outcome.get()
        let outcome = try run(
            [Self.program, "--testing-library", "swift-testing", "--filter", "AssertionTests.passes"],
            environment: ["LD_PRELOAD": library, "NO_COLOR": "1"])
        let issue = try #require(Self.issues(outcome)["passes"]?.first, "\(outcome)")
        #expect(issue.hasPrefix("inconclusive: whether it allocates was not observed: operator new of "), "\(issue)")
        #expect(issue.contains(library))
    }

    /// The programs and tests of this package count nothing: only what depends on the library does.
    @Test(arguments: [Place.dioaudit, Place.driver, "/proc/self/exe"]) func othersHaveNoMallocOfOurs(program: String)
        throws
    {
        let path = URL(filePath: program).resolvingSymlinksInPath().path()
        let symbols = try run(["nm", "--defined-only", path])
        #expect(symbols.status == 0)
        #expect(!symbols.output.contains(" T malloc\n"))
    }

    /// A name of the interposer's that the program's own code may have too would be one symbol with it.
    @Test func theLibraryDefinesNoNamesButInterposedOnesAndItsOwn() throws {
        _ = try Self.outcome.get()
        let objects = try FileManager.default.subpathsOfDirectory(atPath: Self.products + "CDioauditAssertions.build")
            .filter { $0.hasSuffix(".o") }.map { Self.products + "CDioauditAssertions.build/" + $0 }
        #expect(objects.count > 10)
        let defined = try run(["nm", "--defined-only", "--extern-only", "--no-sort"] + objects)
        let names = Set(defined.output.matches(of: /(?m)^[0-9a-f]+ [A-Z] (\w+)$/).map { String($0.1) })
        let listed = try String(contentsOfFile: "\(Place.repository)Sources/Interposer/interposed.h", encoding: .utf8)
        let interposed = Set(listed.matches(of: /X\([^,]+, (\w+),/).map { String($0.1) })
            .union(["reallocarray", "free_sized", "free_aligned_sized", "_Exit"])
        #expect(names.contains("malloc"))
        #expect(names.filter { !$0.hasPrefix("dioaudit_") }.subtracting(interposed) == [])
    }
}
