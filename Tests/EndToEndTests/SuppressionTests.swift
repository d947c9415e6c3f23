import Foundation
import Testing

/// Suppressions from a file to the verdict, and from violations to a file.
@Suite struct SuppressionTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func write(_ text: String, to name: String = "known.supp") throws -> String {
        try text.write(toFile: scratch.file(name), atomically: true, encoding: .utf8)
        return scratch.file(name)
    }

    private func audit(_ fixture: String, _ options: [String]) throws -> (Outcome, audit: [String: Any]) {
        let (outcome, report) = try EndToEndTests.audit(
            [Place.fixture(fixture), scratch.file("data")], options: options)
        return (outcome, try #require(report.audits.first))
    }

    private func calls(_ audit: [String: Any], _ key: String) -> UInt64 {
        (audit[key] as? [[String: Any]] ?? []).reduce(0) { $0 + ($1["calls"] as? UInt64 ?? 0) }
    }

    // MARK: what dioaudit writes

    @Test(arguments: [
        "allocates-each-transfer", "cxx-inlined-frames", "operator-new", "swift-allocates", "signal-handler",
        "reloads-library",
    ]) func whatItWritesMakesItsFailureAPass(fixture: String) throws {
        let path = scratch.file("known.supp")
        // A major fault is the machine's, and may come in one of two runs.
        let allow = ["--allow", "pageFaultMajor"]
        let (before, failed) = try audit(fixture, allow + ["--format", "suppressions=\(path)"])
        #expect(before.status == 1)
        let (after, passed) = try audit(fixture, allow + ["--suppressions", path])
        #expect(after.status == 0, "\(after.errors)")
        #expect(passed["verdict"] as? String == "pass")
        #expect(calls(passed, "violations") == 0)
        #expect(calls(passed, "suppressed") == calls(passed, "suppressions"))
        // Minor ones may be some more or fewer.
        #expect(calls(passed, "suppressed") > calls(failed, "violations") / 2)
        let written = try String(contentsOfFile: path, encoding: .utf8)
        #expect(!after.errors.contains("stale"), "\(written)")
        let violations = try #require(failed["violations"] as? [[String: Any]])
        let hasStackless = violations.contains {
            ($0["stack"] as? [Any] ?? []).isEmpty || ($0["kind"] as? String ?? "").hasPrefix("pageFault")
        }
        #expect(written.contains("   ...\n") == hasStackless, "\(written)")
    }

    @Test func itWritesKindAndFramesAsFarAsMain() throws {
        let outcome = try run([
            Place.dioaudit, "run", "--format", "suppressions", "--", Place.fixture("allocates-each-transfer"),
            scratch.file("data"),
        ])
        #expect(
            outcome.output == """
                {
                   malloc-in-allocate
                   malloc
                   fun:allocate
                   fun:step
                   fun:main
                }

                """)
    }

    @Test func itEscapesWhatAPatternWouldTakeForAStar() throws {
        let path = scratch.file("known.supp")
        _ = try audit("cxx-inlined-frames", ["--format", "suppressions=\(path)"])
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("   fun:long\\* made<long>()\n"))
    }

    @Test func namesAreUniqueAndEntriesToo() throws {
        // Many threads at one place, many places of one name, and more frames than are written.
        for fixture in ["many-threads", "reloads-library", "no-memory-for-sites"] {
            _ = try audit(fixture, ["--format", "suppressions=\(scratch.file(fixture))"])
            let text = try String(contentsOfFile: scratch.file(fixture), encoding: .utf8)
            let entries = text.components(separatedBy: "{\n").dropFirst()
                .map { $0.components(separatedBy: "}\n")[0].split(separator: "\n") }
            #expect(!entries.isEmpty)
            #expect(Set(entries.map { $0[0] }).count == entries.count)
            #expect(Set(entries.map { $0.dropFirst().joined() }).count == entries.count)
            #expect(entries.allSatisfy { $0.count <= 2 + 12 })
        }
    }

    /// The ledger has stacks for some of its calls only; no entry may stand for the others.
    @Test func callsWithoutAStackAreNotWritten() throws {
        let path = scratch.file("known.supp")
        let allow = ["--allow", "pageFaultMinor,pageFaultMajor"]
        _ = try audit("no-memory-for-sites", allow + ["--format", "suppressions=\(path)"])
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains(" mallocs without a known frame"))
        let (outcome, audit) = try audit("no-memory-for-sites", allow + ["--suppressions", path])
        #expect(outcome.status == 1)
        #expect(calls(audit, "violations") > 0)
    }

    // MARK: what becomes of violations

    @Test func aSuppressedViolationIsShownAndCounted() throws {
        let path = try write("{\nknown\nmalloc\nfun:alloc*\nsrc:allocates-each-transfer.c\n}\n{\nold\ncalloc\n...\n}\n")
        let (outcome, audit) = try audit("allocates-each-transfer", ["--suppressions", path])
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("\nsuppressed: 100 mallocs by 'known' (\(path):1)\n"), "\(outcome.errors)")
        #expect(outcome.errors.contains("\nnote: suppression 'old' (\(path):7) matched nothing: stale\n"))
        #expect(outcome.errors.contains("99 steady transfers without a violation, 100 suppressed\n"))

        let suppressed = try #require((audit["suppressed"] as? [[String: Any]])?.first)
        #expect(suppressed["suppression"] as? String == "known")
        #expect(suppressed["kind"] as? String == "malloc")
        #expect((suppressed["stack"] as? [[String: Any]])?.first?["function"] as? String == "allocate")
        let uses = try #require(audit["suppressions"] as? [[String: Any]])
        #expect(uses.map { $0["name"] as? String } == ["known", "old"])
        #expect(uses.map { $0["file"] as? String } == [path, path])
        #expect(uses.map { $0["line"] as? Int } == [1, 7])
        #expect(uses.map { $0["violations"] as? Int } == [1, 0])
        #expect(uses.map { $0["calls"] as? Int } == [100, 0])
        let events = try #require(phase("steady", of: audit)["events"] as? [String: [String: UInt64]])
        #expect(events["malloc"]?["calls"] == 100)
        #expect(audit["settledAfter"] is NSNull)
    }

    @Test func severalFilesAddUp() throws {
        let mallocs = try write("{\nmallocs\nmalloc\nfun:rest\n}", to: "mallocs")
        let callocs = try write("{\ncallocs\ncalloc\nfun:main\n}", to: "callocs")
        let options = ["--allow", "pageFaultMinor,pageFaultMajor,syscallMmap,syscallBrk"]
        let status = { (files: [String]) in
            try audit("reopens-and-allocates", options + files.flatMap { ["--suppressions", $0] }).0.status
        }
        #expect(try status([mallocs]) == 1)
        #expect(try status([callocs]) == 1)
        #expect(try status([mallocs, callocs]) == 0)
    }

    @Test func theFileIsReadBeforeItIsWritten() throws {
        let path = try write("{\nknown\n*\n...\n}")
        let (outcome, _) = try audit(
            "allocates-each-transfer", ["--suppressions", path, "--format", "suppressions=\(path)"])
        #expect(outcome.status == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8).isEmpty)
    }

    @Test func whatWasNotSeenIsNoPassWithSuppressionsEither() throws {
        let path = try write("{\nall\n*\n...\n}")
        #expect(try audit("no-transfer", ["--suppressions", path]).0.status == 2)
        #expect(try audit("no-memory-for-sites", ["--suppressions", path]).0.status == 2)
    }

    // MARK: bad files

    @Test(arguments: [
        ("malformed", ":2:1: an entry without a name\n"), ("latin1", ":1:3: this is not UTF-8\n"),
        ("directory", ": cannot read the suppressions: Is a directory\n"),
        ("missing", ": cannot read the suppressions: No such file or directory\n"),
    ]) func aBadFileEndsItBeforeTheProgramStarts(name: String, message: String) throws {
        _ = try write("{\n}\n", to: "malformed")
        try Data([0x23, 0x20, 0xFC]).write(to: URL(filePath: scratch.file("latin1")))
        try FileManager.default.createDirectory(atPath: scratch.file("directory"), withIntermediateDirectories: false)
        let output = try write("as before", to: "output")
        let outcome = try run([
            Place.dioaudit, "run", "--suppressions", scratch.file(name), "--format", "json=\(output)", "--",
            Place.fixture("allocates-each-transfer"), scratch.file("data"),
        ])
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("dioaudit: error: \(scratch.file(name))\(message)"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.file("data")))
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "as before")
    }

    @Test(arguments: ["/dev/zero", ""]) func whatIsNoFileIsRefusedToo(path: String) throws {
        #expect(try run([Place.dioaudit, "run", "--suppressions", path, "--", "/bin/true"]).status == 65)
    }

    // MARK: the documentation

    @Test func theDocumentedExampleIsRead() throws {
        let page = try String(contentsOfFile: "\(Place.repository)docs/suppressions.md", encoding: .utf8)
        let example = try #require(page.components(separatedBy: "```\n").dropFirst().first)
        let (_, audit) = try audit("allocates-each-transfer", ["--suppressions", try write(example)])
        let uses = try #require(audit["suppressions"] as? [[String: Any]])
        #expect(uses.map { $0["name"] as? String } == ["log-lines", "first-touch"])
        #expect(uses.map { $0["line"] as? Int } == [2, 10])
    }
}
