import Foundation
import Testing

/// `dioaudit audit` by a plan, and `dioaudit init`.
@Suite struct PlanTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func audit(_ plan: String, _ arguments: [String] = [], named name: String = "dioaudit.yml") throws
        -> Outcome
    {
        try plan.write(toFile: scratch.file(name), atomically: true, encoding: .utf8)
        return try run([Place.dioaudit, "audit"] + arguments, directory: scratch.path)
    }

    private func report(_ plan: String, _ arguments: [String] = []) throws -> (Outcome, StoredReport) {
        let outcome = try audit(plan, arguments + ["--format", "text", "--format", "json=report.json"])
        let path = scratch.file("report.json")
        #expect(try validate(path).status == 0)
        return (outcome, try StoredReport(try String(contentsOfFile: path, encoding: .utf8)))
    }

    private var leaky: String { Place.fixture("allocates-each-transfer") }
    private var clean: String { Place.fixture("no-allocation-clean") }

    @Test func aPlansProgramsAndWorkloadsAreAudited() throws {
        let (outcome, report) = try report(
            """
            version: 1
            workloads:
              engine: {rw: write, number_ios: 50, matrix: {bs: [4k, 8k]}}
            subjects:
              leaky: {command: [\(leaky), data]}
              clean: {command: [\(clean), data]}
              told: {command: [\(leaky), data], allow: heap, scope: io-threads}
            """)
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.hasPrefix("dioaudit: 5 audits by dioaudit.yml\n"), "\(outcome.errors)")
        #expect(
            report.audits.map { $0["name"] as? String } == ["engine[bs=4k]", "engine[bs=8k]", "leaky", "clean", "told"])
        #expect(report.audits.map { $0["verdict"] as? String } == ["pass", "pass", "fail", "pass", "pass"])
        #expect(report.audits[4]["scope"] as? String == "io-threads")
        #expect(try phase("steady", of: report.audits[0])["transfers"] as? Int == 50)
        #expect(try phase("steady", of: report.audits[2])["transfers"] as? Int == 99)
        #expect(
            outcome.output.hasSuffix("dioaudit: fail: 5 audits: 4 pass, 1 fail, 0 inconclusive\n"), "\(outcome.output)")
        #expect(outcome.tooWide() == [])
        #expect(outcome.output.components(separatedBy: "\naudit ").count == 2, "one table: \(outcome.output)")
    }

    @Test func theWorstOfSeveralRunsIsJudged() throws {
        let (outcome, report) = try report(
            """
            version: 1
            subjects:
              second-time:
                command: [sh, -c, 'if [ -e again ]; then exec \(leaky) data; fi; touch again; exec \(clean) data']
                repeat: 3
            """)
        #expect(outcome.status == 1, "\(outcome)")
        let spread = try #require(report.audits[0]["spread"] as? [String: Any])
        #expect(spread["runs"] as? Int == 3 && spread["passed"] as? Int == 1 && spread["failed"] as? Int == 2)
        #expect((spread["violations"] as? [String: Int]) == ["least": 0, "most": 100])
        #expect(
            outcome.said.contains(
                "second-time: the worst of 3 runs: 1 pass, 2 fail; 99 steady transfers, violations 0 to 100, "))
    }

    @Test func fewerRunsThanTheBaselinesAreWorse() throws {
        let base = scratch.file("base.json")
        func gate(_ times: Int, _ options: String...) throws -> Outcome {
            try audit(
                "version: 1\nsubjects: {clean: {command: [\(clean), data], repeat: \(times)}}",
                ["--baseline", base] + options)
        }
        let first = try gate(2, "--update-baseline")
        #expect(first.status == 0, "\(first)")
        #expect(try gate(2).status == 0)
        let fewer = try gate(1)
        #expect(fewer.status == 1 && fewer.said.contains("lost coverage: repeat 1, and before 2"), "\(fewer)")
    }

    // MARK: set-up and tear-down

    @Test func setUpAndTearDownEncloseIt() throws {
        let (outcome, report) = try report(
            """
            version: 1
            subjects:
              a:
                command: [./program, data]
                environment: {WORD: hello}
                set-up:
                  - [cp, \(clean), program]
                  - [sh, -c, 'echo $WORD $PWD >> log']
                tear-down:
                  - [sh, -c, 'echo done >> log']
            """)
        #expect(outcome.status == 0 && report.verdict == "pass", "\(outcome)")
        #expect(try String(contentsOfFile: scratch.file("log"), encoding: .utf8) == "hello \(scratch.path)\ndone\n")
    }

    @Test func aFailedSetUpIsTheSubjectsFailure() throws {
        let (outcome, report) = try report(
            """
            version: 1
            subjects:
              a:
                command: [touch, started]
                set-up: [[sh, -c, 'echo no disk >&2; exit 3'], [touch, second]]
                tear-down: [[touch, torn-down]]
            """)
        #expect(outcome.status == 3, "\(outcome)")
        #expect(
            report.audits[0]["failure"] as? String
                == "set-up failed: 'sh -c echo no disk >&2; exit 3' exited with status 3: no disk")
        let files = FileManager.default
        #expect(!files.fileExists(atPath: scratch.file("started")) && !files.fileExists(atPath: scratch.file("second")))
        #expect(files.fileExists(atPath: scratch.file("torn-down")))
    }

    @Test func aFailedTearDownIsTheSubjectsFailure() throws {
        let (outcome, report) = try report(
            "version: 1\nsubjects: {a: {command: [\(clean), data], tear-down: [['false']]}}\n")
        #expect(outcome.status == 3 && report.verdict == "inconclusive", "\(outcome)")
        #expect(
            (report.audits[0]["failure"] as? String)?.hasPrefix("tear-down failed: 'false' exited with status 1")
                == true)
    }

    @Test func aSetUpThatHangsIsEnded() throws {
        let (outcome, report) = try report(
            """
            version: 1
            subjects:
              a:
                command: ['true']
                command-timeout: 200ms
                set-up: [[sh, -c, 'trap "" TERM; sleep 1000']]
            """)
        #expect(outcome.status == 3, "\(outcome)")
        #expect(
            (report.audits[0]["failure"] as? String)?.contains(" ran longer than 0.2 seconds") == true,
            "\(report.audits)")
    }

    /// What it would do beside the subject is in nobody's report.
    @Test func whatACommandLeavesRunningIsEnded() throws {
        let mark = "DIOAUDIT_TEST=\(UUID())"
        let (outcome, report) = try report(
            """
            version: 1
            subjects:
              a:
                command: [sh, -c, 'setsid sleep 1000 & exec \(clean) data']
                wait: 0s
                environment: {DIOAUDIT_TEST: \(mark.split(separator: "=")[1])}
                set-up: [[sh, -c, 'setsid sh -c "trap : TERM; while :; do sleep 1000; done" &']]
              b: {command: [\(clean), data]}
            """)
        #expect(holders(of: mark).isEmpty)
        #expect(report.audits.map { $0["verdict"] as? String } == ["inconclusive", "pass"], "\(outcome)")
    }

    @Test(arguments: [
        "command: [sh, -c, 'touch started; exec sleep 1000']",
        "command: ['true']\n    set-up: [[sh, -c, 'touch started; exec sleep 1000']]",
    ])
    func tearDownRunsAfterASignal(lines: String) throws {
        try
            "version: 1\nsubjects:\n  a:\n    \(lines)\n    tear-down: [[touch, torn-down]]\n  b: {command: [touch, next]}\n"
            .write(
                toFile: scratch.file("dioaudit.yml"), atomically: true, encoding: .utf8)
        let outcome = try run([Place.dioaudit, "audit"], directory: scratch.path) { process in
            try wait(for: "the command") { FileManager.default.fileExists(atPath: scratch.file("started")) }
            kill(process.processIdentifier, SIGINT)
        }
        #expect(outcome.signal == SIGINT, "\(outcome)")
        #expect(FileManager.default.fileExists(atPath: scratch.file("torn-down")))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("next")))
    }

    @Test func aWorkingDirectoryThatIsNoneIsSaid() throws {
        let (outcome, report) = try report("version: 1\nsubjects: {a: {command: ['true'], working-directory: none}}\n")
        #expect(outcome.status == 3, "\(outcome)")
        #expect(
            (report.audits[0]["failure"] as? String)?.hasSuffix("its working directory none: No such file or directory")
                == true)
    }

    // MARK: which plan, and what of it

    @Test func onlyTakesPatternsAndNamesNearOnes() throws {
        let plan = "version: 1\nworkloads:\n  journal: {rw: write, matrix: {bs: [4k, 8k]}}\n  random: {rw: randread}\n"
        func listed(_ names: String...) throws -> String {
            try audit(plan, ["--list"] + names.flatMap { ["--only", $0] }).output
        }
        #expect(try listed() == "journal[bs=4k]\njournal[bs=8k]\nrandom\n")
        #expect(try listed("journal") == "journal[bs=4k]\njournal[bs=8k]\n")
        #expect(try listed("*[bs=8k]", "r*") == "journal[bs=8k]\nrandom\n")
        let outcome = try audit(plan, ["--list", "--only", "rndom"])
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(
            outcome.errors.contains("--only rndom") && outcome.errors.contains("near ones are: random"), "\(outcome)")
    }

    @Test(arguments: [
        ("version: 1\nsubjects: {a: {command: [x], timeuot: 1s}}\n", "dioaudit.yml:2:30: ", "did you mean 'timeout'?"),
        (
            "version: 1\nsubjects:\n  a:\n    command: [x]\n    scope: threads\n", "dioaudit.yml:5:12: 'scope'",
            "a scope is process"
        ),
        (
            "version: 1\nsubjects:\n  a:\n    command: [x]\n    forbid: [malloc, mallocs]\n",
            "dioaudit.yml:5:13: 'forbid'", "no such kind"
        ),
        (
            "version: 1\nsubjects:\n  a:\n    command: [x]\n    squeeze-slack: 1k\n", "dioaudit.yml:5:20: ",
            "goes with --squeeze"
        ),
        ("version: 1\nsuppressions: [none.txt]\nsubjects: {a: {command: [x]}}\n", "'suppressions'", "none.txt"),
        (
            "version: 1\nsubjects: {a: {command: [x], command-timeout: 0s}}\n", "dioaudit.yml:2:47",
            "over before it began"
        ),
    ]) func aBadPlanIsNamedBeforeAnythingRuns(plan: String, place: String, words: String) throws {
        let outcome = try audit("\(plan)")
        #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.errors.contains(place) && outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test(.enabled(if: isRoot, "needs root to give a file away: .ci/run is root"))
    func aPlanOfSomebodyElsesIsNotUsedUnasked() throws {
        let plan = "version: 1\nsubjects: {a: {command: ['true']}}\n"
        #expect(try audit(plan, ["--list"]).output == "a\n")
        chown(scratch.file("dioaudit.yml"), 65534, 65534)
        let outcome = try run([Place.dioaudit, "audit", "--list"], directory: scratch.path)
        #expect(outcome.status == 64 && outcome.errors.contains("it is user 65534's"), "\(outcome)")
        #expect(
            try run([Place.dioaudit, "audit", "--list", "--plan", "dioaudit.yml"], directory: scratch.path).output
                == "a\n")
        chown(scratch.file("dioaudit.yml"), 0, 0)
        chmod(scratch.file("dioaudit.yml"), 0o666)
        #expect(try run([Place.dioaudit, "audit", "--list"], directory: scratch.path).status == 64)
    }

    @Test func aJobFileIsAPlan() throws {
        try "[global]\nsize=1m\ndirect=1\nrate=1m\n[a]\nrw=randwrite\nnumber_ios=20\n[b]\nstonewall\nioengine=mmap\n"
            .write(
                toFile: scratch.file("job.fio"), atomically: true, encoding: .utf8)
        let outcome = try run(
            [Place.dioaudit, "audit", "--plan", "job.fio", "--format", "json"], directory: scratch.path)
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.errors.contains("job.fio: not supported, and left out: rate (job.fio:4)"), "\(outcome.errors)")
        let audits = try StoredReport(outcome.output).audits
        #expect(audits.map { $0["verdict"] as? String } == ["pass", "inconclusive"])
        #expect(try phase("steady", of: audits[0])["transfers"] as? Int == 20)
        #expect((audits[0]["notes"] as? [String])?.contains("not supported, and left out: rate (job.fio:4)") == true)
        #expect((audits[1]["reasons"] as? [String])?.contains { $0.contains("mmap has no counterpart") } == true)
    }

    // MARK: options

    /// A plan has each option of `run` but those that say how its one report is written.
    @Test func eachOptionOfRunIsAKeyOrKnownToBeNone() throws {
        let outcome = try run([Place.dioaudit, "run", "--experimental-dump-help"])
        let dump = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let arguments = try #require((dump["command"] as? [String: Any])?["arguments"] as? [[String: Any]])
        let names = arguments.compactMap { (($0["names"] as? [[String: Any]])?.first?["name"]) as? String }
        let data = try Data(contentsOf: URL(filePath: Place.repository + "docs/plan.schema.json"))
        let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let options =
            ((schema["$defs"] as? [String: Any])?["options"] as? [String: Any])?["properties"] as? [String: Any]
        let keys = Set(try #require(options).keys)
        let none = [
            "h", "help", "version", "format", "quiet", "verbose", "top", "no-color", "no-require-lock", "baseline",
            "update-baseline",
        ]
        #expect(Set(names).subtracting(none) == keys)
    }

    /// The command line's parser reads no plan: both say the same of a wrong value.
    @Test(arguments: [
        ("budget", "malloc"), ("enforce", "stop"), ("expect-exit", "256"), ("kernel", "of"), ("kernel-limit", "x"),
        ("min-ios", "-1"), ("phases", "none"), ("scope", "threads"), ("squeeze-slack", "1x"), ("steady-after", "x"),
        ("steady-from", "USR1"), ("steady-to", "USR2"), ("syscalls", "ptrace"), ("timeout", "0s"), ("wait", "-1s"),
        ("warmup-ios", "reads=1"), ("warmup-time", "1d"),
    ]) func aPlanAndACommandLineRefuseTheSame(option: String, value: String) throws {
        let planned = try audit("version: 1\nsubjects: {a: {command: [x], \(option): '\(value)'}}\n")
        #expect(planned.status == 65 && planned.output.isEmpty, "\(planned)")
        let words = try #require(planned.errors.firstMatch(of: /'\S+': '.+?': ([^\n]+)/)?.1)
        let run = try run([Place.dioaudit, "run", "--\(option)", value, "--", "true"])
        #expect(run.status == 64, "\(run)")
        // The parser has words of its own for what is one of several.
        #expect(run.errors.contains(words) || words.contains("it is one of: "), "\(planned.errors)\(run.errors)")
        #expect(planned.errors.contains("dioaudit.yml:2:"), "\(planned.errors)")
    }

    /// Each is the option of its name: those that exclude each other say both.
    @Test(arguments: [
        ("warmup-ios: 1, steady-after: 1", "--steady-after and --warmup-ios exclude each other"),
        ("warmup-ios: 1, phases: markers", "--warmup-ios and --phases markers"),
        ("warmup-time: 1s, phases: markers", "--warmup-time and --phases markers"),
        ("steady-after: 1, phases: markers", "--steady-after and --phases markers"),
        ("'steady-from': 'file:x', phases: markers", "--steady-from and --phases markers"),
        ("'steady-to': 'file:x', phases: markers", "--steady-to and --phases markers"),
        ("allow: free, budget: {'malloc:file:x': 1}", "malloc"),
        ("squeeze-slack: 1k, lock: true", "goes with --squeeze"),
    ]) func optionsThatExcludeEachOtherAreNamed(keys: String, words: String) throws {
        let outcome = try audit("version: 1\nsubjects: {a: {command: [x], \(keys)}}\n")
        #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.errors.contains(words) && outcome.errors.contains("dioaudit.yml:2:"), "\(outcome.errors)")
    }

    /// Each entry has other options than the one before. How long it takes is in docs/benchmarks.md.
    @Test func aPlanOf500DifferentEntriesIsRead() throws {
        let entries = (1...500).map { number in
            "  s\(number): {command: [x], timeout: \(number)s, min-ios: \(number), scope: 'thread:t\(number)', budget: {malloc: \(number)}}\n"
        }
        let plan = "version: 1\nsubjects:\n" + entries.joined()
        let outcome = try audit(plan, ["--list"])
        #expect(outcome.output.split(separator: "\n").count == 500, "\(outcome)")
        let wrong = plan + "  last: {command: [x], timeout: 1x}\n"
        #expect(try audit(wrong, ["--list"]).errors.contains("dioaudit.yml:503:33: 'timeout': '1x': a duration is"))
    }

    /// So a report can be kept beside the code, and a difference is a change of the program's.
    @Test func twoRunsOfAPassingPlanDifferInTimesAndNumbersAlone() throws {
        let plan = """
            version: 1
            workloads:
              engine: {rw: write, number_ios: 50, matrix: {ioengine: [psync, io_uring]}}
            subjects:
              clean: {command: [\(clean), data], kernel: 'off'}
            """
        let reports = try (0..<2).map { _ in
            let (outcome, report) = try report(plan)
            #expect(outcome.status == 0, "\(outcome)")
            return report.root
        }
        #expect(differences(reports[0], reports[1]).filter { !Self.mayDiffer($0) } == [])
    }

    /// The keys under which two values differ, with points between them.
    private func differences(_ one: Any, _ other: Any, _ path: String = "") -> [String] {
        if let one = one as? [String: Any], let other = other as? [String: Any] {
            return Set(one.keys).union(other.keys).sorted().flatMap { key -> [String] in
                guard let left = one[key], let right = other[key] else { return ["\(path).\(key)"] }
                return differences(left, right, "\(path).\(key)")
            }
        }
        if let one = one as? [Any], let other = other as? [Any], one.count == other.count {
            return zip(one, other).flatMap { left, right -> [String] in
                let name = (left as? [String: Any])?["name"] as? String
                return differences(left, right, path + (name.map { "[\($0)]" } ?? ""))
            }
        }
        return (one as? NSObject) == (other as? NSObject) ? [] : [path]
    }

    /// Times, the numbers that the kernel gives, the scratch file's name, what the kernel allocates by chance, and which pages a program
    /// faults in before it is warm or after it is done.
    private static func mayDiffer(_ path: String) -> Bool {
        let last = path.split(separator: ".").last.map(String.init) ?? ""
        if path.contains(".pageFaultM") { return !path.contains("[steady]") }
        return ["durationNanoseconds", "pid", "parentPid", "tid", "command"].contains(last) || path.contains(".kernel")
            || path.hasPrefix(".machine")
    }

    // MARK: init

    @Test func whatInitWritesRuns() throws {
        let written = try run(
            [Place.dioaudit, "init", "--scope", "io-threads", "--engines", "--ci", "gitlab", "--", clean, "data"],
            directory: scratch.path)
        #expect(written.status == 0 && written.output.contains("script: [\"dioaudit audit --format text"), "\(written)")
        let outcome = try run(
            [Place.dioaudit, "audit", "--only", "no-allocation-clean", "--only", "*psync*"], directory: scratch.path)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("dioaudit: pass: 3 audits: 3 pass"), "\(outcome)")
    }

    /// The command's paths are those of the directory where init was called.
    @Test(arguments: ["sub/plan.yml", "./sub/./plan.yml", "PLACE/sub/plan.yml", "sub/../sub/plan.yml"])
    func aPlanElsewhereRunsWhereItWasWritten(path: String) throws {
        try FileManager.default.createDirectory(atPath: scratch.file("sub"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: scratch.file("program"), withDestinationPath: clean)
        let plan = path.replacing("PLACE", with: scratch.path)
        let written = try run(
            [Place.dioaudit, "init", "--plan", plan, "--", "./program", "data"], directory: scratch.path)
        #expect(written.status == 0, "\(written)")
        let outcome = try run([Place.dioaudit, "audit", "--plan", plan], directory: scratch.path)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(FileManager.default.fileExists(atPath: scratch.file("data")))
    }

    @Test func initOverwritesNothingUnasked() throws {
        try "mine".write(toFile: scratch.file("dioaudit.yml"), atomically: true, encoding: .utf8)
        let refused = try run([Place.dioaudit, "init", "--engines"], directory: scratch.path)
        #expect(refused.status == 64 && refused.errors.contains("there is a plan already"), "\(refused)")
        #expect(try String(contentsOfFile: scratch.file("dioaudit.yml"), encoding: .utf8) == "mine")
        #expect(try run([Place.dioaudit, "init", "--engines", "--force"], directory: scratch.path).status == 0)
        #expect(try String(contentsOfFile: scratch.file("dioaudit.yml"), encoding: .utf8).contains("version: 1"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["dioaudit.yml"])
    }

    @Test func initWithoutATerminalSaysWhatItNeeds() throws {
        let outcome = try run([Place.dioaudit, "init"], directory: scratch.path)
        #expect(outcome.status == 64 && outcome.errors.contains("dioaudit init -- ./daemon --once"), "\(outcome)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    /// script(1) gives it a terminal.
    @Test func initAsks() throws {
        try "./daemon --once > log\ny\nthread:w*\nn\n".write(
            toFile: scratch.file("answers"), atomically: true, encoding: .utf8)
        let outcome = try run(
            ["sh", "-c", "script --quiet --return --command '\(Place.dioaudit) init --ci shell' /dev/null < answers"],
            directory: scratch.path)
        #expect(outcome.status == 0, "\(outcome)")
        let plan = try String(contentsOfFile: scratch.file("dioaudit.yml"), encoding: .utf8)
        for words in ["command: [sh, \"-c\", \"./daemon --once > log\"]", "require-lock: true", "scope: \"thread:w*\""]
        {
            #expect(plan.contains(words), "\(plan)")
        }
        #expect(!plan.contains("workloads:"))
    }
}
