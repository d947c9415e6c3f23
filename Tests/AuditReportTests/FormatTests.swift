import Foundation
import Testing

@testable import AuditCore
@testable import AuditReport

/// What each format says of each verdict, to those who read it.
@Suite struct FormatTests {
    private let failing = Allocating().audit
    private let all = Report(of: .passing, Allocating().audit, .inconclusive)
    private let none = Report(machine: Example.machine, audits: [])

    private func object(_ view: some Encodable) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json(view).utf8)) as? [String: Any])
    }

    // MARK: JUnit

    private static let cases = """
        import junitparser
        suites = junitparser.JUnitXml.fromfile(path)
        kinds = lambda case: [type(result).__name__ for result in case.result]
        print(json.dumps({"counts": [suites.tests, suites.failures, suites.errors],
          "suites": [[suite.tests, suite.failures, suite.errors, suite.skipped] for suite in suites],
          "cases": [[case.name, case.classname, *kinds(case)] for suite in suites for case in suite],
          "messages": [result.message for suite in suites for case in suite for result in case.result],
          "texts": [result.text for suite in suites for case in suite for result in case.result]}))
        """

    @Test func junitHasATestCaseForEachAudit() throws {
        let read = try #require(try python(Self.cases, junit(all, Formats.style)) as? [String: Any])
        #expect(read["counts"] as? [Int] == [3, 1, 1])
        #expect(read["suites"] as? [[Int]] == [[3, 1, 1, 0]])
        #expect(
            read["cases"] as? [[String]] == [
                ["psync-read-4k", "dioaudit"], ["writer", "dioaudit", "Failure"],
                ["psync-read-4k (2)", "dioaudit", "Error"],
            ])
        let messages = try #require(read["messages"] as? [String])
        #expect(messages[0].hasPrefix("in the steady phase: 100 mallocs; allocate before the steady phase"))
        #expect(messages[1].hasPrefix("no transfer on an O_DIRECT file was seen, nor such a file; many"))
        let texts = try #require(read["texts"] as? [String])
        #expect(texts[0].contains("#1 allocate src/main.c:14 (subject+0xa6a)\n"), "\(texts[0])")
    }

    @Test func junitOfNothingIsNoPass() throws {
        let read = try #require(try python(Self.cases, junit(none, Formats.style)) as? [String: Any])
        #expect(read["counts"] as? [Int] == [1, 0, 1])
        #expect((read["cases"] as? [[String]])?.first?.last == "Error")
    }

    // MARK: TAP

    private func prove(_ report: Report) throws -> (status: Int32, said: String) {
        try consume(asTap13(tap(report, Formats.style)), ["prove", "--verbose", "--exec", "cat", "FILE"])
    }

    @Test func tapIsWhatProveReads() throws {
        #expect(tap(all, Formats.style).hasPrefix("TAP version 14\n"))
        let pass = try prove(Report(of: .passing))
        #expect(pass.status == 0 && pass.said.contains("Result: PASS"), "\(pass.said)")
        for report in [all, Report(of: failing), Report(of: .inconclusive), none] {
            let fail = try prove(report)
            #expect(fail.status == 1 && fail.said.contains("Result: FAIL"), "\(fail.said)")
            #expect(!fail.said.contains("Parse errors"), "\(fail.said)")
        }
        #expect(try prove(all).said.contains("Failed tests:  2-3"))
    }

    @Test func tapNamesPlacesAndReasons() throws {
        let text = tap(Report(of: failing), Formats.style)
        #expect(
            text == """
                TAP version 14
                # tool: dioaudit 0.1.0
                # machine: Linux 6.18.5 x86_64, 2 CPUs
                # files: /dev/vda (ext4) in /var/tmp
                1..1
                not ok 1 - writer: fail: 100 violations from 1 place in 1024 steady transfers
                  ---
                  verdict: fail
                  reasons:
                    - "in the steady phase: 100 mallocs; allocate before the steady phase, or suppress what you accept (docs/suppressions.md)"
                  places:
                    - place: "allocate src/main.c:14"
                      calls: 100
                      bytes: 3200
                      kinds: "100 mallocs"
                  ...

                """)
    }

    /// A `#` in a name would make the test one that is skipped or expected to fail, and `prove` succeed.
    @Test(arguments: ["# SKIP", "#TODO", "\\# TODO x", "x # skip y"])
    func noNameIsATapDirective(name: String) throws {
        var example = Allocating()
        example.name = name
        let read = try prove(Report(of: example.audit))
        #expect(read.status == 1 && read.said.contains("Failed test:  1"), "\(read.said)")
    }

    // MARK: SARIF

    @Test func sarifHasAResultForEachPlaceAndKind() throws {
        var example = Allocating()
        example.kinds = [.malloc, .calloc]
        let log = try object(sarif(Report(of: .passing, example.audit, .inconclusive), Formats.style))
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["ruleId"] as? String } == ["malloc", "calloc", "inconclusive"])
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        let rules = try #require(driver["rules"] as? [[String: Any]])
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
            #expect(result["level"] as? String == "error")
        }
        #expect(Set(rules.compactMap { $0["id"] as? String }).isSuperset(of: EventKind.allCases.map(\.rawValue)))
        #expect(rules.allSatisfy { (($0["help"] as? [String: String])?["text"] ?? "").count > 20 })
        let location = try #require((results[0]["locations"] as? [[String: Any]])?.first)
        let physical = try #require(location["physicalLocation"] as? [String: Any])
        #expect(physical["artifactLocation"] as? [String: String] == ["uri": "src/main.c", "uriBaseId": "SRCROOT"])
        #expect(physical["region"] as? [String: Int] == ["startLine": 14])
        #expect(
            run["originalUriBaseIds"] as? [String: [String: String]] == [
                "SRCROOT": ["uri": "file:///home/user/project/"]
            ])
        let stack = try #require((results[0]["stacks"] as? [[String: Any]])?.first)
        #expect((stack["frames"] as? [Any])?.count == 4)
    }

    @Test func sarifSaysEachVerdict() throws {
        let log = try object(sarif(all, Formats.style))
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        let invocations = try #require(run["invocations"] as? [[String: Any]])
        #expect(invocations.map { $0["executionSuccessful"] as? Bool } == [true, true, false])
        #expect(invocations.map { $0["exitCode"] as? Int } == [0, 1, 2])
        let levels = invocations.map { invocation in
            (invocation["toolExecutionNotifications"] as? [[String: Any]])?.first?["level"] as? String
        }
        #expect(levels == ["note", "error", "error"])
    }

    @Test func sarifShowsSuppressedResultsAsSuch() throws {
        var example = Allocating()
        example.suppressions = try Suppression.all(
            in: Array("{\nknown [1]\nmalloc\nfun:malloc\nfun:allocate\n}\n".utf8), file: "known.supp")
        let audit = example.audit
        #expect(audit.verdict == .pass)
        let log = try object(sarif(Report(of: audit), Formats.style))
        let results = try #require((log["runs"] as? [[String: Any]])?.first?["results"] as? [[String: Any]])
        #expect(results.count == 1)
        let suppression = try #require((results[0]["suppressions"] as? [[String: String]])?.first)
        #expect(suppression == ["kind": "external", "status": "accepted", "justification": "known [1]"])
        // Elsewhere it is no finding.
        #expect(try json(codeQuality(Report(of: audit), Formats.style)).contains("\"severity\": \"info\""))
        #expect(github(Report(of: audit), Formats.style).hasPrefix("::notice "))
    }

    /// They differ in addresses, which SARIF's frames have not; its schema refuses the same stack twice.
    @Test func sarifHasEachStackOnce() throws {
        var violations = Allocating().audit.violations + Allocating().audit.violations
        violations[1].stack[1].offset += 1
        let group = ViolationGroups(violations, at: Place.all(of: violations, in: []))[0]
        let result = SARIFResult(group, "", of: .passing, 0, Formats.style, hasStacks: true)
        #expect(group.violations.count == 2 && result.stacks?.count == 1)
        violations[1].stack[1].line = 15
        let others = ViolationGroups(violations, at: Place.all(of: violations, in: []))
        #expect(others.count == 2)
    }

    // MARK: fingerprints

    private func fingerprints(_ example: Allocating) throws -> [String] {
        let text = try json(codeQuality(Report(of: example.audit), Formats.style))
        let issues = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        return try #require(issues).compactMap { $0["fingerprint"] as? String }
    }

    @Test func aFingerprintIsOfThePlaceAndNotOfTheBuild() throws {
        let first = try fingerprints(Allocating())
        #expect(first.count == 1 && first[0].wholeMatch(of: /[0-9a-f]{16}/) != nil)
        var other = Allocating()
        (other.line, other.offset, other.module, other.thread) = (99, 0xbeef, "/opt/other/subject", "another")
        for suffix in ["", ".isra.0", ".cold", ".constprop.1", ".part.0.cold", " [clone .isra.0]", ".llvm.1234"] {
            other.function = "allocate" + suffix
            #expect(try fingerprints(other) == first, "\(suffix)")
        }
        for change in ["release", "allocate2", "allocate::x"] {
            other.function = change
            #expect(try fingerprints(other) != first)
        }
        other = Allocating()
        other.kinds = [.calloc]
        #expect(try fingerprints(other) != first)
    }

    @Test func noTwoIssuesHaveOneFingerprint() throws {
        var example = Allocating()
        example.kinds = [.malloc, .calloc, .mmap]
        example.more = 20
        let all = try fingerprints(example)
        #expect(all.count == 63 && Set(all).count == 63)
        // Two lines of one function.
        var process = Example().process
        process.sites = [14, 15].map { line in
            Site(
                kind: .malloc, count: EventCount(calls: 1), firstTransfer: 1, tid: 7, thread: "t",
                stack: [Frame(function: "f", file: "/x.c", line: line, module: "/m", offset: UInt64(line))])
        }
        let violations = process.sites.map { Violation(at: $0, pid: 1) }
        func of(_ violations: [Violation]) -> [String] {
            let groups = ViolationGroups(violations, at: Place.all(of: violations, in: [process]))
            return AuditReport.fingerprints(of: [groups], in: .passing)
        }
        let each = of(violations)
        #expect(Set(each).count == 2)
        #expect(of(violations.reversed()) == each.reversed())
    }

    // MARK: GitHub

    /// As GitHub's runner reads a line: a command, its properties and its message, each without their escapes.
    private func commands(_ text: String) throws -> [(command: String, properties: [String: String], message: String)] {
        try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            let match = try #require(String(line).wholeMatch(of: /::([a-z]+) ([^:]*)::(.*)/), "\(line)")
            let properties = match.2.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
            func decoded(_ text: some StringProtocol) -> String {
                ["%0A": "\n", "%3A": ":", "%2C": ","].reduce(String(text)) { $0.replacing($1.key, with: $1.value) }
                    .replacing("%25", with: "%")
            }
            return (
                String(match.1), Dictionary(uniqueKeysWithValues: properties.map { (String($0[0]), decoded($0[1])) }),
                decoded(match.3)
            )
        }
    }

    @Test func githubAnnotatesTheLine() throws {
        let read = try commands(github(all, Formats.style))
        #expect(read.map(\.command) == ["notice", "error", "error"])
        #expect(
            read[1].properties == ["file": "src/main.c", "line": "14", "title": "dioaudit: writer: malloc"])
        #expect(read[1].message.hasPrefix("allocate: 100 mallocs in the steady phase, 3200 bytes, "), "\(read[1])")
        #expect(read[1].message.contains("\n#1") == false && read[1].message.contains("allocate src/main.c:14"))
        #expect(read[2].message.hasPrefix("inconclusive: "))
        #expect(try commands(github(none, Formats.style)).map(\.command) == ["error"])
    }

    @Test func githubsWorstPlacesComeFirstAndTheRestIsSaid() throws {
        var example = Allocating()
        example.more = 30
        let read = try commands(github(Report(of: example.audit), Formats.style))
        #expect(read.count == 11)
        #expect(read[10].message.contains("and 21 more places and kinds"))
    }

    /// Of a place in a header of another's, a review shows the caller's line.
    @Test func theAnnotatedLineIsTheReaders() {
        var example = Allocating()
        example.file = "/usr/include/x.h"
        let audit = example.audit
        #expect(Formats.style.source(of: audit.groups[0])?.path == "/usr/include/x.h")
        var violations = audit.violations
        violations[0].stack[2].file = "/home/user/project/src/step.c"
        let groups = ViolationGroups(violations, at: Place.all(of: violations, in: []))
        #expect(Formats.style.source(of: groups[0])?.path == "src/step.c")
    }

    // MARK: Code Quality

    @Test func codeQualityHasWhatGitLabRequires() throws {
        for (report, expected) in [
            (all, [["info", "pass"], ["critical", "malloc"], ["blocker", "inconclusive"]]),
            (none, [["blocker", "inconclusive"]]),
        ] {
            let text = try json(codeQuality(report, Formats.style))
            let issues = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
            #expect(issues.map { [$0["severity"] as? String ?? "", $0["check_name"] as? String ?? ""] } == expected)
            for issue in issues {
                #expect(!(issue["description"] as? String ?? "").isEmpty && issue["fingerprint"] is String)
                let location = try #require(issue["location"] as? [String: Any])
                #expect(location["path"] is String && (location["lines"] as? [String: Int])?["begin"] ?? 0 > 0)
            }
        }
    }

    // MARK: OpenMetrics

    private static let samples = """
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        text = open(path, newline="").read()
        print(json.dumps([[family.name, family.type, family.unit, sample.labels, sample.value]
          for family in text_string_to_metric_families(text) for sample in family.samples]))
        """

    private func samples(_ report: Report) throws -> [(name: String, labels: [String: String], value: Double)] {
        let read = try #require(try python(Self.samples, openMetrics(report)) as? [[Any]])
        return try read.map { sample in
            #expect(sample[1] as? String == "gauge")
            return (
                try #require(sample[0] as? String), try #require(sample[3] as? [String: String]),
                try #require(sample[4] as? Double)
            )
        }
    }

    @Test func openMetricsAreReadByItsParser() throws {
        let read = try samples(all)
        func value(_ name: String, _ labels: [String: String]) -> Double? {
            read.first { sample in
                sample.name == "dioaudit_" + name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
            }?.value
        }
        #expect(value("verdict", ["audit": "writer", "verdict": "fail"]) == 1)
        #expect(value("verdict", ["audit": "writer", "verdict": "pass"]) == 0)
        #expect(value("verdict", ["audit": "psync-read-4k", "verdict": "pass"]) == 1)
        #expect(value("verdict", ["audit": "psync-read-4k (2)", "verdict": "inconclusive"]) == 1)
        #expect(value("violations", ["audit": "writer", "kind": "malloc"]) == 100)
        #expect(value("phase_events", ["audit": "writer", "phase": "steady", "kind": "malloc"]) == 100)
        #expect(
            value("phase_events_per_transfer", ["audit": "writer", "phase": "steady", "kind": "malloc"]) == 0.097656)
        #expect(value("phase_events", ["audit": "psync-read-4k", "phase": "steady", "kind": "malloc"]) == 0)
        #expect(try samples(none).map(\.name) == ["dioaudit_machine", "dioaudit_audits", "dioaudit_lost_audits"])
    }

    /// Unknown is not zero.
    @Test func whatNobodyCountedHasNoFigure() throws {
        var unwatched = Example()
        unwatched.witness = .forbidden
        let names = { (report: Report) in Set(try self.samples(report).map(\.name)) }
        #expect(try names(Report(of: .passing)).contains("dioaudit_phase_kernel_allocations"))
        #expect(try !names(Report(of: unwatched.audit())).contains("dioaudit_phase_kernel_allocations"))

        let rows = try csvRows(Report(of: .passing, unwatched.audit()))
        let kernel = try rows.filter { $0["phase"] == "steady" }.map { try #require($0["kmalloc.mayWaitForWriteback"]) }
        #expect(kernel == ["1024", ""])

        var attached = Example().audit(attached: true)
        attached.witnesses.interposer = .unavailable("attached")
        let heap = try csvRows(Report(of: attached)).filter { $0["phase"] == "steady" }.compactMap { $0["malloc"] }
        #expect(heap == [""])
    }

    // MARK: CSV

    private func csvRows(_ report: Report) throws -> [[String: String]] {
        let program = "import csv\nprint(json.dumps(list(csv.DictReader(open(path, newline=''), strict=True))))"
        return try #require(try python(program, csv(report)) as? [[String: String]])
    }

    @Test func csvHasARowForEachPhase() throws {
        let rows = try csvRows(Report(of: .passing, failing))
        #expect(rows.map { $0["phase"] } == ["setup", "warmup", "steady", "setup", "warmup", "steady"])
        let steady = try #require(rows.last)
        #expect(steady["audit"] == "writer" && steady["verdict"] == "fail" && steady["transfers"] == "1024")
        #expect(steady["malloc"] == "100" && steady["mallocBytes"] == "3200" && steady["witness.kernel"] == "active")
        #expect(try csvRows(Report(of: .inconclusive)).allSatisfy { $0["verdict"] == "inconclusive" })
        #expect(try csvRows(none).map { $0["verdict"] } == ["inconclusive"])
    }

    // MARK: what is no verdict on an audit

    /// The baseline's that was not made again is a failure, and the other audits are passes.
    @Test func aLostAuditIsInEachFormat() throws {
        let report = Report(machine: Example.machine, audits: [.passing], lostAudits: ["gone-4k"])
        #expect(report.verdict == .fail)
        for (format, write) in Formats.all where format != "openmetrics" {
            #expect(try write(report).contains("gone-4k"), "\(format)")
        }
        let read = try #require(try python(Self.cases, junit(report, Formats.style)) as? [String: Any])
        #expect(read["counts"] as? [Int] == [2, 1, 0])
        #expect(try prove(report).status != 0)
        #expect(try commands(github(report, Formats.style)).map(\.command).sorted() == ["error", "notice"])
        #expect(try csvRows(report).last?["verdict"] == "fail")
        #expect(try samples(report).first { $0.name == "dioaudit_lost_audits" }?.value == 1)
        let results = try #require(
            ((try object(sarif(report, Formats.style))["runs"] as? [[String: Any]])?[0])?["results"])
        #expect((results as? [[String: Any]])?.map { $0["ruleId"] as? String } == ["failed"])
        let several = fleetText([NamedReport(name: "a", report: report)], Style(coloured: false), quiet: false)
        #expect(several.contains("fail: gone-4k in 1: lost"))
    }

    /// A pass by a plan whose options were left out says so.
    @Test func notesAreInEachFormat() throws {
        var noted = Audit.passing
        noted.notes = ["not supported, and left out: rate (job.fio:4)"]
        let report = Report(.audit, machine: Example.machine, audits: [noted, .passing])
        #expect(
            text(report, Style(coloured: false), quiet: false, verbose: false)
                .contains("\nnote: psync-read-4k: not supported, and left out: rate (job.fio:4)\n"))
        #expect(
            text(
                Report(.audit, machine: Example.machine, audits: [noted, noted]), Style(coloured: false), quiet: false,
                verbose: false
            )
            .contains("\nnote: all: not supported"))
        for (format, write) in Formats.all where !["openmetrics", "folded", "speedscope", "csv"].contains(format) {
            let words = try write(report).replacing("%3A", with: ":").replacing("\\", with: "")
            #expect(words.contains("not supported, and left out: rate (job.fio:4)"), "\(format): \(words)")
        }
        #expect(try samples(report).first { $0.name == "dioaudit_notes" }?.value == 1)
        #expect(try prove(report).status == 0)
    }

    // MARK: several reports

    @Test func severalReportsAreOneOfEachFormat() throws {
        let other = Report(of: failing, .passing)
        let reports = [("a.json", all), ("b.json", other), ("b.json", none)].map(NamedReport.init)
        let read = try #require(try python(Self.cases, junit(reports, Formats.style)) as? [String: Any])
        #expect(read["suites"] as? [[Int]] == [[3, 1, 1, 0], [2, 1, 0, 0], [1, 0, 1, 0]])
        let names = try #require(read["cases"] as? [[String]]).map { $0[0] }
        #expect(
            names == [
                "a.json: psync-read-4k", "a.json: writer", "a.json: psync-read-4k (2)", "b.json: writer",
                "b.json: psync-read-4k", "b.json (2): dioaudit",
            ])
        let said = try consume(asTap13(tap(reports, Formats.style)), ["prove", "--verbose", "--exec", "cat", "FILE"])
            .said
        #expect(said.contains("ok 5 - b.json: psync-read-4k: pass"), "\(said)")

        let metrics = try #require(try python(Self.samples, openMetrics(reports)) as? [[Any]])
        let verdicts = metrics.compactMap { $0[3] as? [String: String] }.filter { $0["verdict"] != nil }
        #expect(Set(verdicts).count == verdicts.count && verdicts.count == 15)
        #expect(verdicts.contains(["report": "b.json", "audit": "psync-read-4k", "verdict": "pass"]))

        let rows = try #require(
            try python(
                "import csv\nprint(json.dumps(list(csv.DictReader(open(path, newline=''), strict=True))))", csv(reports)
            )
                as? [[String: String]])
        #expect(Set(rows.map { "\($0["report"] ?? "") \($0["audit"] ?? "")" }).count == 6)

        let runs = try #require(try object(sarif(reports, Formats.style))["runs"] as? [[String: Any]])
        let ids = runs.compactMap { ($0["automationDetails"] as? [String: String])?["id"] }
        #expect(ids == ["dioaudit/a.json/", "dioaudit/b.json/", "dioaudit/b.json (2)/"])

        let issues = try JSONSerialization.jsonObject(with: Data(json(codeQuality(reports, Formats.style)).utf8))
        let prints = try #require(issues as? [[String: Any]]).compactMap { $0["fingerprint"] as? String }
        #expect(prints.count == 6 && Set(prints).count == 6)
        #expect(try commands(github(reports, Formats.style)).count == 6)
        #expect(folded(reports).contains("\nb.json: writer;thread monitor;"))
        #expect((try object(speedscope(reports))["profiles"] as? [Any])?.count == 8)
        let page = markdown(reports, Formats.style)
        #expect(
            page.hasPrefix("## dioaudit: fail\n") && page.contains("report: b.json (2)")
                && page.contains(nothingAudited))
    }

    // MARK: stacks

    @Test func foldedStacksEndWithTheKindAndItsCalls() {
        #expect(
            folded(all) == """
                psync-read-4k;(pass: 1024 steady transfers without a violation) 0
                writer;thread monitor;main;step;allocate;malloc;malloc 100
                psync-read-4k (2);(inconclusive: \(printable(Audit.inconclusive.reasons[0]))) 0

                """)
    }

    @Test func speedscopeHasAProfileForEachAudit() throws {
        let file = try object(speedscope(all))
        #expect(file["$schema"] as? String == "https://www.speedscope.app/file-format-schema.json")
        let profiles = try #require(file["profiles"] as? [[String: Any]])
        #expect(
            profiles.compactMap { $0["name"] as? String } == [
                "psync-read-4k: pass: 1024 steady transfers without a violation", "writer: fail: calls",
                "writer: fail: bytes", "psync-read-4k (2): inconclusive: \(Audit.inconclusive.reasons[0])",
            ])
        let frames = try #require((file["shared"] as? [String: Any])?["frames"] as? [[String: Any]])
        for profile in profiles {
            let samples = try #require(profile["samples"] as? [[Int]])
            let weights = try #require(profile["weights"] as? [Int])
            #expect(profile["type"] as? String == "sampled" && samples.count == weights.count)
            #expect(profile["startValue"] as? Int == 0 && profile["endValue"] as? Int == weights.reduce(0, +))
            #expect(samples.allSatisfy { $0.allSatisfy(frames.indices.contains) })
        }
        let sample = try #require((profiles[1]["samples"] as? [[Int]])?.first)
        #expect(
            sample.map { frames[$0]["name"] as? String } == [
                "thread monitor", "main", "step", "allocate", "malloc", "malloc",
            ])
        #expect(frames[sample[3]]["line"] as? Int == 14 && frames[sample[5]]["line"] == nil)
    }

    // MARK: Markdown

    @Test func markdownShowsPlacesAndReasons() {
        let text = markdown(all, Formats.style)
        #expect(
            text.hasPrefix(
                """
                ## dioaudit: fail

                machine: Linux 6.18.5 x86\\_64, 2 CPUs  
                files: /dev/vda (ext4) in /var/tmp  

                | audit | verdict | steady transfers | settled after | outcome |
                | --- | --- | --: | --: | --- |
                | psync-read-4k | pass | 1024 | 1 | 1024 steady transfers without a violation |
                | writer | fail | 1024 | 1 | 100 violations from 1 place in 1024 steady transfers |

                """), "\(text)")
        #expect(
            text.contains("\n| allocate src/main.c:14 | 100 | every 10th | 3.1 KiB | malloc | monitor |\n"), "\(text)")
        #expect(markdown(none, Formats.style).contains(nothingAudited))
    }

    /// GitHub refuses a summary of more than a mebibyte.
    @Test func markdownIsNeverTooLong() {
        var example = Allocating()
        example.name = String(repeating: "a long name", count: 1000)
        let audits = Array(repeating: example.audit, count: 3000)
        let text = markdown(Report(machine: Example.machine, audits: audits), Formats.style)
        #expect(text.utf8.count < 1 << 20)
        #expect(text.contains("more audits are left out") && text.contains("and 2000 more audits"))
    }
}
