import Foundation
import Testing

/// libdioaudit_test, with which tests in C and C++ have dioaudit.h's assertions.
@Suite struct TestLibraryTests {
    /// Built by `make testlib`.
    private let directory = Place.products + "testlib"
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private var statically: [String] { ["\(directory)/libdioaudit_test.a", "-ldw"] }

    private func built(_ compiler: String, _ source: String = "expects.c", link: [String]) throws -> String {
        let program = scratch.file("\(compiler)-\(UUID().uuidString)")
        try succeed(
            [
                compiler, "-g", "-O1", "-pthread", "-Wall", "-Wextra", "-Werror",
                "-I\(Place.repository)Sources/CDioaudit/include",
            ]
                + ["\(Place.repository)Tests/projects/\(source)"] + link + ["-o", program])
        return program
    }

    /// Lines that are no frames: what was said, and the figures.
    private static let said = """
        none: 0
        warm: 11
        three: in the judged run: 3 of malloc
        three: 3 3 3 -1
        return: in the judged run: 2 of malloc
        break: inconclusive: whether it allocates was not observed: the block was left before its judged run
        nested: in the judged run: 1 of malloc
        nested: in the judged run: 2 of malloc
        others: 0
        starts: inconclusive: whether it allocates was not observed: it started a thread, whose calls are not counted: \
        assert what that thread does in the thread itself
        starts: -1 2
        starts of C11: inconclusive: whether it allocates was not observed: it started a thread, whose calls are not counted: \
        assert what that thread does in the thread itself
        starts of C11: -1 2
        fork: inconclusive: whether it allocates was not observed: it started a process, whose calls are not counted: \
        assert what that process does in the process itself
        _Fork: inconclusive: whether it allocates was not observed: it started a process, whose calls are not counted: \
        assert what that process does in the process itself
        vfork: in the judged run: 1 of malloc
        """

    private func check(_ program: String) throws {
        let outcome = try run([program])
        #expect(outcome.status == 0, "\(outcome)")
        let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        #expect(lines.joined(separator: "\n") == Self.said)
        let source = try String(contentsOfFile: "\(Place.repository)Tests/projects/expects.c", encoding: .utf8)
        let line = try #require(
            source.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("= malloc(") })
        #expect(outcome.output.contains("  3 of malloc, 96 bytes:\n      #0 allocate "))
        #expect(outcome.output.contains("Tests/projects/expects.c:\(line + 1) ("))
    }

    @Test(arguments: ["clang", "gcc"]) func aProgramThatIsLinkedWithTheArchiveCounts(compiler: String) throws {
        try check(built(compiler, link: statically))
        try check(built(compiler, link: ["-no-pie"] + statically))
    }

    @Test func aProgramThatIsLinkedWithTheSharedLibraryCounts() throws {
        try check(built("gcc", link: ["-L\(directory)", "-ldioaudit_test", "-Wl,-rpath,\(directory)"]))
    }

    /// The lines of faults.c that are no frames.
    private func faults(_ mode: [String] = [], link: [String]? = nil) throws -> [String] {
        let outcome = try run([built("gcc", "faults.c", link: link ?? statically)] + mode)
        #expect(outcome.status == 0, "\(outcome)")
        return outcome.output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix(" ") }
    }

    private let orAllow = "; or allow page faults, and the rest is judged"

    @Test func pageFaultsAreCountedWhereTheyAreForbidden() throws {
        for link in [statically, ["-L\(directory)", "-ldioaudit_test", "-Wl,-rpath,\(directory)"]] {
            #expect(
                try faults(link: link) == [
                    "if locked: 0 -1", "forbidden: in the judged run: 7 of pageFaultMinor", "forbidden: 7 7",
                    "again: 0 0",
                    "warm: 0 0", "with an allocation: in the judged run: 2 of malloc, 3 of pageFaultMinor",
                    "with an allocation: 5 3", "nested: in the judged run: 1 of malloc, 3 of pageFaultMinor",
                    "nested: in the judged run: 1 of malloc, 5 of pageFaultMinor", "nested: 6 5",
                    "inside one that does not judge them: in the judged run: 4 of pageFaultMinor",
                    "inside one that does not judge them: 4 4", "inside one that does not judge them: 0 -1",
                ])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "locks more than others may")) func aLockedProcessIsJudgedByItsPageFaults()
        throws
    {
        #expect(
            try faults(["lock"]) == [
                "locked: 0 0", "maps: in the judged run: 1 of mmap, 5 of pageFaultMinor", "maps: 6 5",
                "allowed: in the judged run: 1 of mmap", "allowed: 1 -1",
                "unlocks: in the judged run: 1 of munlockall", "unlocks: 1 0",
                "unlocked: in the judged run: 1 of mmap", "unlocked: 1 -1",
                "current: inconclusive: the memory was locked without MCL_FUTURE, and new mappings are not: call "
                    + "mlockall(MCL_CURRENT | MCL_FUTURE)\(orAllow)", "current: -1 -1",
                "wrong flags: inconclusive: mlockall failed (EINVAL), and the memory is not locked: its flags must be MCL_CURRENT, "
                    + "MCL_FUTURE or both, and MCL_ONFAULT only with one of them\(orAllow)", "wrong flags: -1 -1",
            ])
        #expect(
            try faults(["unlock"]) == [
                "unlocked by another: inconclusive: the memory lock was released while it ran: call munlockall when it has ended\(orAllow)",
                "unlocked by another: -1 -1",
            ])
    }

    @Test func aLockThatFailedIsNoPass() throws {
        #expect(
            try faults(["limit"]) == [
                "no limit to lock: inconclusive: mlockall failed, and the memory is not locked: raise RLIMIT_MEMLOCK (ulimit -l)\(orAllow)",
                "no limit to lock: -1 -1",
            ])
    }

    /// EPERM, and a call that seems to succeed.
    @Test(arguments: ["1", "0"]) func pageFaultsThatCannotBeAskedForAreNoPass(error: String) throws {
        #expect(
            try faults([error]) == [
                "refused: inconclusive: its page faults are not known, since getrusage(2) was refused: allow it in the filter (seccomp(2))"
                    + orAllow, "refused: -1 -1", "not asked: 0 -1",
            ])
    }

    @Test func withoutAHandlerAFailureEndsTheProgram() throws {
        let outcome = try run([built("gcc", link: statically), "abort"])
        #expect(outcome.signal == SIGABRT)
        #expect(outcome.errors.contains("expects.c:"))
        #expect(outcome.errors.contains("expected no allocation: in the judged run: 1 of malloc\n"))
    }

    /// By a jump, the end of a thread or of the program: nobody judged it, and what did not judge is no pass.
    @Test(arguments: ["jump", "jump-inside", "exit", "_exit", "_Exit", "quick_exit", "thread"])
    func blocksThatAreLeftAreTold(how: String) throws {
        let outcome = try run([built("gcc", link: statically), how])
        #expect(outcome.signal == SIGABRT, "\(outcome)")
        let said =
            /(?:expects\.c:[0-9]+|a thread that is no more:0): expected no allocation: inconclusive: .*: the block was left by a jump/
        #expect(outcome.errors.contains(said), "\(outcome)")
        #expect(outcome.errors.contains("expects.c:") == (how != "thread"))
    }

    @Test func theEndOfAChildThatSharesTheMemoryIsNone() throws {
        let outcome = try run([built("gcc", link: statically), "vfork"])
        #expect(outcome.status == 0, "\(outcome)")
    }

    /// libc does so by an internal name.
    @Test(arguments: ["timer_create", "mq_notify", "aio_read", "lio_listio"]) func threadsThatLibcStartsAreTold(
        how: String
    ) throws {
        let outcome = try run([built("gcc", link: statically), "starts", how])
        let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        #expect(lines.count == 2 && lines[1] == "\(how): \(lines[0].contains("inconclusive: ") ? -1 : 1)", "\(outcome)")
    }

    @Test func theEndOfAForkedChildIsNone() throws {
        let outcome = try run([built("gcc", link: statically), "fork"])
        #expect(outcome.errors.contains("it started a process, whose calls are not counted"), "\(outcome)")
        #expect(!outcome.errors.contains("the block was left"), "\(outcome)")
    }

    @Test(arguments: [
        "dlsym": "libc's malloc was looked up (dlsym)", "RTLD_DEEPBIND": "a library was loaded with RTLD_DEEPBIND",
        "dlmopen": "dlmopen made a namespace",
    ])
    func whatGoesPastItsNamesCountsNothing(way: String, words: String) throws {
        for link in [statically, ["-L\(directory)", "-ldioaudit_test", "-Wl,-rpath,\(directory)"]] {
            let outcome = try run([built("gcc", link: link), "bypass", way])
            let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
            #expect(lines.count == 2 && lines.allSatisfy { $0.contains(words) }, "\(outcome)")
        }
    }

    @Test func namesOfCPlusPlusAreDemangled() throws {
        let outcome = try run([built("g++", "expects.cpp", link: statically)])
        let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        #expect(
            lines == ["in the judged run: 1 of malloc", "in the judged run: 2 of malloc", "caught after 2"],
            "\(outcome)")
        #expect(outcome.output.contains(" ring::Ring<int>::push(int) "))
        // What was inlined stands in the function that was left of it.
        let inlined = try #require(
            outcome.output.firstMatch(of: /\n +#[0-9] push_back .*stl_vector\.h:[0-9]+ \[inlined\]\n(.*)\n/))
        #expect(inlined.1.contains(" ring::Ring<int>::push(int) ") && inlined.1.contains("Tests/projects/expects.cpp:"))
    }

    /// GoogleTest's tests of a project that is elsewhere: what each one says, and how it ends.
    @Test func testsWithGoogleTestHaveThem() throws {
        try succeed(["cp", "\(Place.repository)Tests/projects/cpp/tests.cpp", scratch.path])
        let program = scratch.file("tests")
        try succeed(
            [
                "g++", "-std=c++17", "-g", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
                "-I\(Place.repository)Sources/CDioaudit/include", scratch.file("tests.cpp"), "-o", program, "-lgtest",
            ] + statically)
        let outcome = try run([program])
        #expect(outcome.status == 1, "\(outcome)")
        let results = outcome.output.components(separatedBy: "[ RUN      ] ").dropFirst().map { part -> String in
            let name = part.prefix { !$0.isWhitespace }
            let said = part.matches(of: /Failure\nFailed\n(.*)\n/).map { said -> String in
                // What std::async needs, and by which function operator new aligns, is their library's.
                switch name {
                case "Assertions.AsyncFails": String(said.1.replacing(/[0-9]+/, with: "some"))
                case "Assertions.FailsByAlignedNew": String(said.1.replacing("posixMemalign", with: "alignedAlloc"))
                default: String(said.1)
                }
            }
            #expect(part.contains("[  FAILED  ] \(name)") == !said.isEmpty, "\(part)")
            return ([String(name)] + said).joined(separator: ": ")
        }
        let judged = "in the judged run: "
        #expect(
            results == [
                "Assertions.Passes", "Assertions.FailsByOneByte: \(judged)1 of malloc",
                "Assertions.FailsByAlignedNew: \(judged)1 of alignedAlloc",
                "Assertions.InconclusiveByAThread: inconclusive: whether it allocates was not observed: it started a thread, whose calls "
                    + "are not counted: assert what that thread does in the thread itself",
                "Assertions.AsyncThatIsDeferredFails: \(judged)5 of malloc",
                "Assertions.AsyncFails: \(judged)some of malloc",
                "Assertions.ParallelCountsAreExact", "Assertions.ThrownIsCounted: \(judged)1 of malloc",
                "Direct.ReadsPass", "Direct.ReadsThatAllocateFail: \(judged)16 of alignedAlloc",
                "Cases/ByCase.Allocates/0", "Cases/ByCase.Allocates/1: \(judged)4 of malloc",
            ], "\(outcome.output)")
    }

    /// The crate in Rust/, as a project has it that depends on it by path, and is elsewhere.
    @Test(.enabled(if: cargoHasBlackBox, "needs cargo of Rust 1.66")) func testsInRustHaveThem() throws {
        let project = scratch.file("rust")
        try succeed(["cp", "-r", "\(Place.repository)Tests/projects/rust", project])
        try succeed(["sed", "-i", "s|\"../../../Rust\"|\"\(Place.repository)Rust\"|", "\(project)/Cargo.toml"])
        // Its process is locked, which needs more than a user may lock.
        let isLocked = geteuid() == 0
        let outcome = try run(
            ["cargo", "test", "--offline", "--no-fail-fast"] + (isLocked ? [] : ["--", "--skip", "locked"]),
            environment: [
                "CARGO_TARGET_DIR": "\(Place.repository).build/rust", "RUST_BACKTRACE": "0",
                "CARGO_TERM_COLOR": "never",
            ], directory: project)
        #expect(outcome.status == 101, "\(outcome)")
        let results = outcome.output.matches(of: /(?m)^test (\w+)(?: - should panic)? \.\.\. (\w+)$/).map {
            "\($0.1) \($0.2)"
        }
        #expect(
            results.sorted() == [
                "async_fails FAILED", "async_passes ok", "counts_exactly_beside_others ok",
                "direct_reads_pass ok", "direct_reads_that_allocate_fail FAILED", "each_case_by_itself ok",
                "fails FAILED", "faults_are_not_judged ok", "forbidden_faults_fail FAILED",
                "forbidden_faults_of_the_warm_up_pass ok", "grows FAILED", "is_inconclusive ok",
            ] + (isLocked ? ["locked_fault_in ok", "locked_may_fault ok", "locked_passes ok"] : []) + [
                "panics_of_its_own ok", "passes ok", "starts_a_thread ok", "starts_a_thread_of_c ok", "warms_up ok",
            ], "\(outcome)")
        #expect(outcome.output.contains("expected no allocation: in the judged run: 7 of pageFaultMinor\n"))
        #expect(
            outcome.output.contains(
                "expected no allocation: in the judged run: 3 of malloc\n  3 of malloc, 96 bytes:\n"))
        #expect(outcome.output.contains("expected no allocation: in the judged run: 1 of realloc\n"))
        #expect(outcome.output.contains(/\n +#[0-9] allocate tests\/assertions\.rs:[0-9]+ \(/))
    }

    /// The wheel of Python/, installed where nothing else is, and a project's tests under it. Debian's Python has pytest.
    @Test func testsInPythonHaveThem() throws {
        let python = "/usr/bin/python3"
        let wheels = scratch.file("wheels")
        let site = scratch.file("site")
        try succeed(
            [
                python, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", wheels,
                "\(Place.repository)Python",
            ])
        try succeed(
            [
                python, "-m", "pip", "install", "--no-deps", "--no-index", "--find-links", wheels, "--target", site,
                "pytest-dioaudit",
            ])
        let project = "\(Place.repository)Tests/projects/python"
        try succeed(["gcc", "-g", "-shared", "-fPIC", "\(project)/known.c", "-o", scratch.file("libknown.so")])
        func outcomes(_ options: [String], malloc: String = "default") throws -> (
            results: [String: String], output: String
        ) {
            let known = (scratch.file("libknown.so") as NSString).deletingLastPathComponent
            let outcome = try run(
                [python, "-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider", "\(project)/test_known.py"] + options,
                environment: [
                    "PYTHONPATH": site, "KNOWN_DIRECTORY": known, "PYTHONDONTWRITEBYTECODE": "1",
                    "PYTHONMALLOC": malloc,
                ])
            #expect(outcome.status == 1, "\(outcome)")
            let lines = outcome.output.matches(of: /(?m)^(PASSED|FAILED) \S*::test_(\S+)/)
            return (Dictionary(lines.map { (String($0.2), String($0.1)) }) { first, _ in first }, outcome.output)
        }
        // Of its own: it ends the session.
        let ended = try run(
            [python, "-m", "pytest", "-p", "no:cacheprovider", "\(project)/test_exits.py", "--dioaudit"],
            environment: ["PYTHONPATH": site, "PYTHONDONTWRITEBYTECODE": "1"])
        #expect(ended.signal == SIGABRT, "\(ended)")
        func reported(_ options: [String]) throws -> Outcome {
            try run(
                [python, "-m", "pytest", "-p", "no:cacheprovider", "--dioaudit-options=--allow faults"]
                    + ["--dioaudit-report=\(scratch.file("report.json"))"] + options,
                environment: [
                    "PYTHONPATH": site, "KNOWN_DIRECTORY": scratch.path, "PYTHONDONTWRITEBYTECODE": "1",
                    "PATH": "\(Place.products):/usr/bin:/bin",
                ])
        }
        let known = "\(project)/test_known.py"
        let passing = try reported([known, "-k", "test_passes"])
        // CPython 3.13 and later have mimalloc linked into them, which may be its heap (PYTHONMALLOC): that is no pass.
        let hasHeap = passing.output.contains("has mimalloc linked into it")
        let verdict = hasHeap ? "inconclusive" : "pass"
        #expect(
            passing.status == (hasHeap ? 1 : 0) && passing.output.contains("\ndioaudit: \(verdict) ("), "\(passing)")
        let failing = try reported([known, "-k", "test_fails or test_passes"])
        #expect(failing.status == 1 && failing.output.contains("\n  3 of malloc: allocate "), "\(failing)")
        #expect(failing.output.contains("2 passed") && failing.output.contains("\ndioaudit: fail ("), "\(failing)")
        let limited = try reported([known, "-k", "test_up_to"])
        #expect(limited.status == 1 && limited.output.contains("2 failed"), "\(limited)")
        let exits = try reported(["\(project)/test_exits.py"])
        #expect(exits.status == 1 && exits.output.contains("the session did not end by itself"), "\(exits)")
        let counted = try outcomes(["--dioaudit"])
        let isRoot = geteuid() == 0
        let locked =
            isRoot ? ["locked[5]": "PASSED", "locked[6]": "FAILED", "locked_may_fault": "PASSED"] : [:]
        #expect(
            counted.results
                == [
                    "passes": "PASSED", "warms_up": "PASSED", "up_to[3]": "PASSED", "up_to[4]": "FAILED",
                    "fails": "FAILED",
                    "native_thread": "FAILED", "earlier_thread": "FAILED", "process": "FAILED", "async": "FAILED",
                    "raises": "FAILED", "later": "FAILED", "unittest": "FAILED", "in_loop[0]": "PASSED",
                    "in_loop[2]": "FAILED", "loop_of_threads": "FAILED", "by_plugin[0]": "PASSED",
                    "by_plugin[3]": "FAILED", "garbage_waits": "PASSED", "collects": "FAILED",
                    "small_object": "PASSED", "large_object": "FAILED", "direct_read": "PASSED",
                    "direct_read_into_a_mapping_of_its_own": "FAILED",
                    "faults[7]": "PASSED", "faults[8]": "FAILED", "faults_are_not_judged": "PASSED",
                    "faults_of_no_kind": "FAILED",
                ].merging(locked) { $1 }, "\(counted.output)")
        #expect(
            counted.output.contains(
                "expected at most 8 allocations: in the judged run: 1 of mmap, 8 of pageFaultMinor\n"))
        #expect(
            counted.output.contains(
                "expected no allocation: in the judged run: 3 of malloc\n  3 of malloc, 96 bytes:\n"))
        #expect(counted.output.contains("expected at most 3 allocations: in the judged run: 4 of malloc\n"))
        #expect(counted.output.matches(of: /(?m)^inconclusive:/).count == 7)
        #expect(counted.output.contains(isRoot ? "18 failed, 12 passed, 1 skipped" : "17 failed, 10 passed, 4 skipped"))
        #expect(
            try outcomes(["--dioaudit", "-k", "small_object"], malloc: "malloc").results == ["small_object": "FAILED"])
        // Its workers have threads of their own, whose calls are not counted: nothing passes there.
        let shared = try outcomes(["--dioaudit", "-n", "2", "-k", "passes or warms_up"])
        #expect(shared.results == ["passes": "FAILED", "warms_up": "FAILED"], "\(shared.output)")
        #expect(shared.output.contains("inconclusive: whether it allocates was not observed: there are other threads"))
        let uncounted = try outcomes([])
        #expect(uncounted.output.contains(isRoot ? "31 failed" : "28 failed"), "\(uncounted.output)")
        #expect(!uncounted.output.contains("in the judged run"))
    }

    @Test func itsPolicyIsTheCommands() throws {
        func names(_ file: String, _ list: Regex<(Substring, Substring)>, _ name: Regex<(Substring, Substring)>) throws
            -> Set<String>
        {
            let text = try String(contentsOfFile: "\(Place.repository)Sources/\(file)", encoding: .utf8)
            let found = try #require(text.firstMatch(of: list)).1
            return Set(found.matches(of: name).map { String($0.1) })
        }
        let here = try names("CDioauditTest/expect.c", /const allowed\[\] = \{([^}]*)\}/, /"(\w+)"/)
        let there = try names("AuditCore/Policy.swift", /allowedByDefault: Set<EventKind> = \[([^\]]*)\]/, /\.(\w+)/)
        #expect(here == there.subtracting(["syscallMunmap"]))
        #expect(here.count > 5)
    }

    // MARK: what counts nothing says so

    private func reason(_ program: String, _ environment: [String: String] = [:]) throws -> String {
        let outcome = try run([program], environment: environment)
        let first = outcome.output.split(separator: "\n").first.map(String.init) ?? ""
        let before = "none: inconclusive: whether it allocates was not observed: "
        #expect(first.hasPrefix(before), "\(outcome)")
        #expect(!outcome.output.contains("in the judged run"))
        return String(first.dropFirst(before.count))
    }

    @Test func behindLibcItCountsNothing() throws {
        let program = try built(
            "gcc", link: ["-L\(directory)", "-Wl,--no-as-needed", "-lc", "-ldioaudit_test", "-Wl,-rpath,\(directory)"])
        #expect(try reason(program).hasPrefix("libdioaudit_test was loaded behind libc"))
    }

    @Test func behindAnotherLibrarysMallocItCountsNothing() throws {
        let source = scratch.file("malloc.c")
        try
            "extern void *__libc_malloc(unsigned long); void *malloc(unsigned long size) { return __libc_malloc(size); }\n"
            .write(toFile: source, atomically: true, encoding: .utf8)
        let library = scratch.file("libmalloc.so")
        try succeed(["gcc", "-shared", "-fPIC", "-fno-builtin", source, "-o", library])
        let program = try built("gcc", link: ["-L\(directory)", "-ldioaudit_test", "-Wl,-rpath,\(directory)"])
        #expect(
            try reason(program, ["LD_PRELOAD": library])
                == "calls of malloc reach \(library) and not dioaudit, which must be linked before it")
    }

    @Test func withASanitizerItCountsNothing() throws {
        let program = try built("clang", link: ["-fsanitize=address"] + statically)
        #expect(try reason(program, ["ASAN_OPTIONS": "detect_leaks=0"]).hasPrefix("a sanitizer allocates by itself"))
    }

    @Test func besideAnotherAllocatorItCountsNothing() throws {
        let program = try built("gcc", link: statically)
        #expect(try reason(program, ["LD_PRELOAD": "libjemalloc.so.2"]).hasPrefix("operator new of "))
    }
}
