import Foundation
import Testing

/// `dioaudit report`: stored reports, shown again.
@Suite struct StoredReportTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func stored(_ name: String, _ options: [String] = [], _ command: [String]) throws -> (String, Outcome) {
        let path = scratch.file(name)
        let outcome = try run(
            [Place.dioaudit, "run", "--verbose"] + options + [
                "--format", "text=\(scratch.file("text"))", "--format", "json=\(path)", "--",
            ]
                + command)
        return (path, outcome)
    }

    private func report(_ arguments: String...) throws -> Outcome { try run([Place.dioaudit, "report"] + arguments) }

    struct Case: CustomTestStringConvertible, Sendable {
        var options: [String] = []
        let fixture: String
        var arguments: [String] = []
        var testDescription: String { (options + [fixture]).joined(separator: " ") }
    }

    static let cases = [
        Case(fixture: "no-allocation-clean"), Case(fixture: "allocates-each-transfer"), Case(fixture: "crashes"),
        Case(fixture: "no-transfer"), Case(fixture: "forks"), Case(fixture: "marker-allow"),
        Case(fixture: "marker-regions"), Case(fixture: "late-arena"), Case(fixture: "static-true"),
        Case(fixture: "partly-seen"), Case(fixture: "scope-manager"), Case(fixture: "each-kind"),
        Case(options: ["--enforce", "deny"], fixture: "enforce-deny"),
        Case(options: ["--enforce", "abort"], fixture: "allocates-each-transfer"),
        Case(options: ["--timeout", "1s"], fixture: "hangs", arguments: ["busy"]),
        Case(options: ["--kernel-stacks", "--kernel-limit", "kmalloc=0"], fixture: "no-allocation-clean"),
        Case(options: ["--scope", "io-threads", "--syscalls", "off"], fixture: "many-threads"),
    ]

    /// The same bytes as JSON, the same text, the same exit code.
    @Test(arguments: cases) func showsWhatTheRunShowed(one: Case) throws {
        let (path, outcome) = try stored(
            "a.json", one.options, [Place.fixture(one.fixture), scratch.file("data")] + one.arguments)
        let text = try report(path, "--verbose")
        #expect(try text.output == String(contentsOfFile: scratch.file("text"), encoding: .utf8))
        #expect(text.status == outcome.status)
        let json = try report(path, "--format", "json")
        #expect(try json.output == String(contentsOfFile: path, encoding: .utf8))
    }

    @Test func aReportMayTakeItsOwnPlace() throws {
        let (path, _) = try stored("a.json", [], ["true"])
        let before = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try report(path, "--format", "json=\(path)").status == 2)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
    }

    /// The first of 1, 3, 2, 0 that one of them has.
    @Test func severalAreOneTable() throws {
        let (clean, _) = try stored("clean.json", [], [Place.fixture("no-allocation-clean"), scratch.file("data")])
        let (failed, _) = try stored(
            "failed.json", [], [Place.fixture("allocates-each-transfer"), scratch.file("data")])
        let (blind, _) = try stored("blind.json", [], ["true"])
        let all = try report(clean, failed, blind)
        #expect(all.status == 1)
        #expect(all.output.contains(/\nno-allocation-clean +pass +- +-\n/), "\(all.output)")
        #expect(all.output.contains(/\nallocates-each-transfer +- +fail +-\n/), "\(all.output)")
        #expect(all.output.contains(/\ntrue +- +- +inconclusive\n/), "\(all.output)")
        #expect(all.output.hasSuffix("\ndioaudit: fail: 3 reports: 1 pass, 1 fail, 1 inconclusive\n"), "\(all.output)")
        #expect(all.tooWide() == [])
        #expect(try report(clean, blind).status == 2)
        #expect(try report(clean, clean).status == 0)
        let json = try report(clean, failed, "--format", "json")
        #expect(json.status == 64 && json.errors.contains("--format json shows one report"), "\(json)")
    }

    // MARK: what is none

    @Test func whatIsNoReportIsNamedAndNothingIsOverwritten() throws {
        let kept = scratch.file("kept.txt")
        try "precious".write(toFile: kept, atomically: false, encoding: .utf8)
        mkfifo(scratch.file("fifo"), 0o600)
        try "{}".write(toFile: scratch.file("empty.json"), atomically: false, encoding: .utf8)
        _ = FileManager.default.createFile(atPath: scratch.file("large.json"), contents: nil)
        truncate(scratch.file("large.json"), 2 << 30)
        let (good, _) = try stored("good.json", [], ["true"])
        for (path, what) in [
            (scratch.file("missing.json"), "No such file"), (scratch.file("fifo"), "it is no regular file"),
            (scratch.path, "it is no regular file"), ("/dev/zero", "it is no regular file"),
            (scratch.file("large.json"), "it is larger than 1.0 GiB"),
            (scratch.file("empty.json"), "schema: not a report that can be read: this key is missing"),
            ("", "No such file"),
        ] {
            let outcome = try report(good, path, "--format", "text=\(kept)")
            #expect(outcome.status == 65 && outcome.output.isEmpty, "\(path): \(outcome)")
            #expect(
                outcome.errors.contains(path.isEmpty ? "''" : path) && outcome.errors.contains(what),
                "\(outcome.errors)")
            #expect(try String(contentsOfFile: kept, encoding: .utf8) == "precious")
        }
    }

    /// Every text of a report is its writer's to choose, but for those of which there are a few.
    @Test(arguments: ["allocates-each-transfer", "each-kind", "marker-regions"])
    func noTextOfAReportMovesTheCursor(fixture: String) throws {
        let (path, _) = try stored(
            "a.json", ["--kernel-stacks", "--kernel-limit", "all=0"], [Place.fixture(fixture), scratch.file("data")])
        var root = try StoredReport(String(contentsOfFile: path, encoding: .utf8)).root
        for command in ["run", "audit", "attach"] {
            root["command"] = command
            try JSONSerialization.data(withJSONObject: spoiled(root)).write(to: URL(filePath: path))
            for options in [["--verbose"], [], ["--format", "suppressions"]] {
                let outcome = try run([Place.dioaudit, "report", path] + options)
                #expect(outcome.status == 1, "\(outcome.errors)")
                #expect(!outcome.output.contains("\u{1b}") && !outcome.output.contains("\u{202e}"), "\(outcome.output)")
                #expect(!outcome.output.contains("\nEVIL"))
            }
            let several = try report(path, path)
            #expect(several.status == 1 && !several.output.contains("\u{1b}") && !several.output.contains("\nEVIL"))
        }
    }

    private static let ofAFew: Set<String> = [
        "schema", "command", "verdict", "status", "kind", "phase", "lastPhase", "method", "tracing", "enforce",
        "phasesFoundBy", "risk", "mlockall", "within", "group", "kinds",
    ]

    private func spoiled(_ value: Any, _ key: String = "") -> Any {
        switch value {
        case let object as [String: Any]:
            let isPhase = object["transferredBytes"] != nil
            return object.reduce(into: [String: Any]()) { spoiled, entry in
                let isKept =
                    isPhase && entry.key == "name" || entry.key == "lock" && entry.value is String
                    || Self.ofAFew.contains(entry.key) && !(entry.value is [Any] && entry.key == "command")
                spoiled[entry.key] = isKept ? entry.value : self.spoiled(entry.value, entry.key)
            }
        case let array as [Any]: return array.map { spoiled($0, key) }
        case let text as String: return text + "\u{1b}[2J\nEVIL\u{202e}" + String(repeating: "n", count: 4096)
        default: return value
        }
    }
}
