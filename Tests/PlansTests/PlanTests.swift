import AuditCore
import Testing

@testable import Plans

/// What a `dioaudit.yml` means, and what is said of one that is wrong.
@Suite struct PlanTests {
    static let example = """
        version: 1
        defaults: {timeout: 30s, number_ios: 100, iodepth: 8}
        policies:
          strict:
            forbid: [free, munmap]
            kernel-limit: {mayWaitForWriteback: 0, kmalloc: 1.5}
        suppressions: [known.txt]
        workloads:
          journal:
            rw: write
            matrix: {ioengine: [psync, io_uring], bs: [4k, 64k]}
          random: {rw: randrw, policy: strict, size: 1m, numjobs: 2, directory: scratch}
        subjects:
          daemon:
            command: [./daemon, --once, 010, no]
            environment: {MODE: 'on'}
            working-directory: run
            lock: true
            require-lock: false
            repeat: 3
            set-up:
              - [truncate, -s, 8m, disk.img]
            tear-down:
              - [rm, disk.img]
            command-timeout: 5s
        """

    @Test func anExampleIsReadAsItIsWritten() throws {
        let plan = try plan(Self.example, file: "ci/p.yml")
        #expect(
            plan.entries.map(\.name) == [
                "journal[bs=4k,ioengine=psync]", "journal[bs=64k,ioengine=psync]", "journal[bs=4k,ioengine=io_uring]",
                "journal[bs=64k,ioengine=io_uring]", "random", "daemon",
            ])
        let journal = try #require(plan.entries[3].workload)
        #expect(
            journal
                == Workload(
                    engine: "io_uring", rw: "write", blockBytes: 65536, iodepth: 8, steadyTransfers: 100))
        #expect(plan.entries[0].workload?.iodepth == 1, "a default means nothing to a synchronous engine")
        let random = try #require(plan.entries[4].workload)
        #expect(random.jobs == 2 && random.fileBytes == 1 << 20)
        #expect(random.arguments(driver: "d", file: "f").joined(separator: " ").contains("--size 2097152 "))
        #expect(plan.entries[4].directory == "ci/scratch")
        #expect(
            plan.entries[4].settings == [
                "forbid=free", "forbid=munmap", "kernel-limit=mayWaitForWriteback=0", "kernel-limit=kmalloc=1.5",
                "timeout=30s", "suppressions=ci/known.txt",
            ])
        let daemon = plan.entries[5]
        #expect(daemon.program?.command == ["./daemon", "--once", "010", "no"])
        #expect(daemon.program?.environment.map { "\($0.name)=\($0.value)" } == ["MODE=on"])
        #expect(daemon.program?.directory == "ci/run")
        #expect(daemon.settings == ["lock=true", "require-lock=false", "timeout=30s", "suppressions=ci/known.txt"])
        #expect(daemon.repeats == 3 && daemon.setUp == [["truncate", "-s", "8m", "disk.img"]])
        #expect(daemon.tearDown == [["rm", "disk.img"]] && daemon.commandTimeout?.values == ["5s"])
    }

    @Test func theNearerValueHolds() throws {
        let text = """
            version: 1
            defaults: {timeout: 1s, scope: process, policy: p}
            policies: {p: {timeout: 2s, min-ios: 5}}
            matrix: {scope: [io-threads]}
            subjects:
              a: {command: [x], min-ios: 7}
              b: {command: [x], scope: "thread:t"}
            """
        let entries = try plan(text).entries
        #expect(entries.map(\.name) == ["a[scope=io-threads]", "b"])
        #expect(entries[0].settings == ["min-ios=7", "scope=io-threads", "timeout=2s"])
        #expect(entries[1].settings == ["min-ios=5", "scope=thread:t", "timeout=2s"])
    }

    /// A plan's matrix crosses those that take its keys.
    @Test func aMatrixOfThePlanCrossesWhatTakesIt() throws {
        let text = """
            version: 1
            matrix: {bs: [4k, 8k], kernel: [auto, 'off']}
            workloads:
              w: {rw: read}
              own: {rw: read, matrix: {bs: [512]}}
            subjects:
              s: {command: [x]}
            """
        #expect(
            try plan(text).entries.map(\.name) == [
                "w[bs=4k,kernel=auto]", "w[bs=4k,kernel=off]", "w[bs=8k,kernel=auto]", "w[bs=8k,kernel=off]",
                "own[bs=512]", "s[kernel=auto]", "s[kernel=off]",
            ])
    }

    // MARK: what is wrong

    struct Wrong: CustomTestStringConvertible, Sendable {
        let text: String
        let place: String
        let words: [String]

        init(_ text: String, _ place: String, _ words: String...) {
            (self.text, self.place, self.words) = (text, place, words)
        }

        var testDescription: String { text.debugDescription }
    }

    private static func subject(_ line: String) -> String {
        "version: 1\nsubjects:\n  a:\n    command: [x]\n    \(line)\n"
    }

    private static func workload(_ line: String) -> String {
        "version: 1\nworkloads:\n  a:\n    rw: read\n    \(line)\n"
    }

    static let wrong = [
        Wrong("", "p.yml:1:1", "an empty plan", "dioaudit init"),
        Wrong("- a\n", "p.yml:1:1", "'the plan' has a list", "mapping"),
        Wrong("subjects: {}\n", "p.yml:1:1", "no version", "version: 1"),
        Wrong("version: 2\nnew: 1\n", "p.yml:1:10", "version 1, and not '2'"),
        Wrong("version: 1\n", "p.yml:1:1", "a plan without an audit"),
        Wrong("version: 1\nsubject: {}\n", "p.yml:2:1", "'subject' is no key of a plan", "did you mean 'subjects'?"),
        Wrong("version: 1\ndefaults: {timeot: 1s}\n", "p.yml:2:12", "did you mean 'timeout'?"),
        Wrong(
            "version: 1\nsubjects:\n  a:\n    comand: [x]\n", "p.yml:4:5", "'comand' is no key of a subject",
            "'command'?"),
        Wrong("version: 1\nsubjects:\n  a: {min-ios: 3}\n", "p.yml:3:3", "'a' has no 'command'"),
        Wrong("version: 1\nsubjects:\n  a[b]: {command: [x]}\n", "p.yml:3:3", "no name of an audit"),
        Wrong("version: 1\nsubjects:\n  a: {command: x y}\n", "p.yml:3:16", "as a list", "[sh, -c, 'a && b']"),
        Wrong("version: 1\nsubjects:\n  a: {command: []}\n", "p.yml:3:16", "as a list"),
        Wrong(
            "version: 1\nsubjects:\n  a: {command: [x, ]}\nworkloads: {a: {rw: read}}\n", "p.yml:3:3", "two audits",
            "line 4"),
        Wrong(subject("rw: read"), "p.yml:5:5", "'rw' is no key of a subject"),
        Wrong(subject("set-up: [touch, f]"), "p.yml:5:14", "a list of commands"),
        Wrong(subject("repeat: 0"), "p.yml:5:13", "no whole number from 1 to 1000"),
        Wrong(subject("min-ios: 0777"), "p.yml:5:14", "0777 may be octal"),
        Wrong(subject("min-ios: [1]"), "p.yml:5:14", "'min-ios' has a list"),
        Wrong(subject("min-ios:"), "p.yml:5:13", "'min-ios' has nothing"),
        Wrong(subject("lock: yes"), "p.yml:5:11", "'lock' is true or false"),
        Wrong(subject("lock: 'true'"), "p.yml:5:11", "'lock' is true or false"),
        Wrong(subject("policy: strikt"), "p.yml:5:13", "there is no policy 'strikt'"),
        Wrong(subject("environment: [a]"), "p.yml:5:18", "'environment' has a list"),
        Wrong(subject("environment: {a=b: c}"), "p.yml:5:19", "'a=b' names no variable"),
        Wrong(subject("matrix: {min-ios: [1], command: [y]}"), "p.yml:5:28", "'command' is no key of a matrix"),
        Wrong(subject("matrix: {min-ios: 3}"), "p.yml:5:23", "'min-ios' has a text"),
        Wrong(subject("matrix: {min-ios: []}"), "p.yml:5:23", "no value to cross with"),
        Wrong(subject("matrix: {bs: [4k]}"), "p.yml:5:14", "'bs' is no key of this matrix"),
        Wrong(subject("min-ios: 3\n    matrix: {min-ios: [1]}"), "p.yml:6:14", "in its matrix"),
        Wrong(workload("ioengine: iouring"), "p.yml:5:15", "'iouring' is none", "did you mean 'io_uring'?"),
        Wrong(workload("phases: markers"), "p.yml:5:5", "'phases' is no key of a workload"),
        Wrong(workload("direct: 0"), "p.yml:5:13", "direct I/O is what is audited"),
        Wrong(workload("bs: 1000"), "p.yml:5:9", "multiple of 512"),
        Wrong(workload("bs: 4q"), "p.yml:5:9", "'4q' is no size"),
        Wrong(workload("size: 6k"), "p.yml:5:11", "whole blocks"),
        Wrong(workload("iodepth: 4"), "p.yml:5:14", "psync has one transfer in flight"),
        Wrong(workload("numjobs: 65"), "p.yml:5:14", "1 to 64 jobs"),
        Wrong(workload("number_ios: 1e3"), "p.yml:5:17", "'1e3' is no whole number"),
        Wrong("version: 1\nworkloads: {a: {bs: 4k}}\n", "p.yml:2:13", "'a' has no 'rw'"),
        Wrong("version: 1\nworkloads: {a: {rw: write, bs: &a [4k]}}\n", "p.yml:2:32", "'bs' has a list"),
        Wrong(
            "version: 1\npolicies: {p: {phases: auto}}\nworkloads: {a: {rw: read, policy: p}}\n", "p.yml:3:35",
            "the policy 'p' has 'phases', which a workload has not"),
        Wrong("version: 1\nmatrix: {bs: [4k]}\nsubjects: {a: {command: [x]}}\n", "p.yml:2:10", "'bs' crosses nothing"),
    ]

    @Test(arguments: wrong) func whatIsWrongIsNamedByItsPlace(wrong: Wrong) throws {
        let error = try #require(complaint(wrong.text))
        #expect(error.place == wrong.place, "\(error)")
        for words in wrong.words { #expect(error.description.contains(words), "\(error)") }
        #expect(error.exit == .badInput)
    }

    // MARK: large plans

    @Test func tenThousandAuditsAreRead() throws {
        var text = "version: 1\nsubjects:\n"
        for number in 0..<10_000 { text += "  s\(number): {command: [x], min-ios: \(number)}\n" }
        #expect(try plan(text).entries.count == 10_000)
        let error = try #require(complaint(text + "  more: {command: [x]}\n"))
        #expect(error.what == "more than 10000 audits")
    }

    @Test func aMatrixIsBounded() throws {
        let values = (512...1000).map { "\($0 * 512)" }.joined(separator: ", ")
        let error = try #require(
            complaint(
                "version: 1\nworkloads:\n  a: {rw: read, size: 1g, matrix: {bs: [\(values)], number_ios: [\(values)], fsync: [\(values)]}}\n"
            ))
        #expect(error.what == "more than 10000 audits")
    }

    @Test func theBuiltInPlanCanBeRun() {
        #expect(Plan.builtIn.entries.count == 22)
        #expect(Set(Plan.builtIn.entries.map(\.name)).count == 22)
        for entry in Plan.builtIn.entries { #expect(entry.workload?.problem == nil, "\(entry.name)") }
    }
}
