import Foundation
import Testing

/// Files that reports are written to: whole or not there.
@Suite struct OutputTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func audited(_ formats: [String], preparation: String = ":") throws -> Outcome {
        let options = formats.flatMap { ["--format", $0] }
        return try run(
            ["sh", "-c", "\(preparation); exec \"$@\"", "sh", Place.dioaudit, "run", "--kernel", "off"] + options
                + ["--", "true"])
    }

    /// What cannot be written is an error only where it was asked for. The verdict is said at the other stream.
    @Test(arguments: [
        ("2>&-", [], 2, true), ("2>/dev/full", [], 2, true), (">&- 2>&-", [], 2, false), (">&-", [], 2, false),
        ("2>&-", ["json=/dev/full"], 70, true), (">/dev/full 2>/dev/full", ["json=/dev/full"], 70, false),
    ]) func theVerdictIsNotLost(streams: String, formats: [String], status: Int32, isAtOutput: Bool) throws {
        let outcome = try audited(formats, preparation: "exec \(streams)")
        #expect(outcome.status == status, "\(outcome)")
        #expect(outcome.output.hasPrefix("dioaudit: inconclusive: true: ") == isAtOutput, "\(outcome)")
    }

    @Test func theVerdictIsSaidWhereAViewCannotBeWritten() throws {
        let outcome = try audited(["json=/dev/full"])
        #expect(outcome.status == 70 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.errors.contains("dioaudit: inconclusive: true: "), "\(outcome)")
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
    }

    @Test func aReportTakesTheOldOnesPlaceAndLeavesNoOther() throws {
        try "old".write(toFile: scratch.file("json"), atomically: false, encoding: .utf8)
        symlink("json", scratch.file("link"))
        #expect(try audited(["json=\(scratch.file("link"))", "text=\(scratch.file("text"))"]).status == 2)
        #expect(try names() == ["json", "link", "text"])
        _ = try StoredReport(String(contentsOfFile: scratch.file("json"), encoding: .utf8))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.file("link")) == "json")
    }

    /// RLIMIT_FSIZE: SIGXFSZ would end dioaudit without a word, and what fits would be left.
    @Test func whatDoesNotFitIsNamedAndNotThere() throws {
        try "old".write(toFile: scratch.file("json"), atomically: false, encoding: .utf8)
        let outcome = try audited(
            ["json=\(scratch.file("json"))", "text=\(scratch.file("text"))"], preparation: "ulimit -S -f 8")
        #expect(outcome.status == 70, "\(outcome)")
        #expect(outcome.errors.contains("\(scratch.file("json")): cannot write the report: File too large"))
        #expect(try names() == ["text"])
    }

    @Test func eachIsWrittenEvenIfAnotherFails() throws {
        let outcome = try audited([
            "text=/dev/full", "json=\(scratch.file("json"))", "suppressions=\(scratch.file("suppressions"))",
        ])
        #expect(outcome.status == 70, "\(outcome)")
        #expect(outcome.errors.contains("/dev/full: cannot write the report: No space left on device"))
        #expect(try names() == ["json", "suppressions"])
    }

    @Test func whatIsNoFileIsWrittenWhereItIs() throws {
        let outcome = try audited(["json=/dev/stdout", "text=/dev/null"])
        _ = try StoredReport(outcome.output)
        #expect(outcome.status == 2)
    }

    /// With the stylesheet and the script that are in the binary.
    @Test func aPageIsWhole() throws {
        #expect(try audited(["html=\(scratch.file("page"))"]).status == 2)
        let page = try String(contentsOfFile: scratch.file("page"), encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
        #expect(page.contains("<title>inconclusive: true"))
        #expect(page.contains("prefers-color-scheme: dark") && page.contains("addEventListener"))
    }

    /// What dioaudit opens gets these numbers.
    @Test func closedStreamsStayClosed() throws {
        let subject = "for n in 0 1 2; do test ! -e /proc/$$/fd/$n || exit 1; done"
        let outcome = try run([
            "sh", "-c", "exec \"$@\" 0<&- 1>&- 2>&-", "sh", Place.dioaudit, "run", "--kernel", "off", "--format",
            "text",
            "--format", "json=\(scratch.file("json"))", "--", "sh", "-c", subject,
        ])
        #expect(outcome.status == 70, "\(outcome)")
        let report = try StoredReport(String(contentsOfFile: scratch.file("json"), encoding: .utf8))
        let audit = try #require(report.audits.first)
        #expect(((audit["subject"] as? [String: Any])?["exit"] as? [String: Any])?["code"] as? Int == 0)
        #expect(witness("interposer", of: audit)?["status"] as? String == "active")
    }

    /// So a SIGKILL at any moment leaves no file beside it, where the file system has files without a name.
    @Test func nothingElseIsMadeOnTheWay() throws {
        let (path, log) = (scratch.file("json"), scratch.file("log"))
        #expect(
            try run([
                "strace", "-f", "-o", log, "-e", "trace=open,openat,creat,link,linkat,rename,renameat,renameat2",
                Place.dioaudit,
                "run", "--kernel", "off", "--format", "json=\(path)", "--", "true",
            ]).status == 2)
        let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        let named = calls.filter { $0.contains("\"\(path)") && !$0.contains("ENOENT") }
        #expect(named.count == 1 && named[0].contains("linkat("), "\(named)")
        #expect(try names() == ["json", "log"])
    }

    @Test(.enabled(if: isRoot, "needs root, to give a link to another user: .ci/run is root"))
    func aLinkThatAnotherUserPlantedIsNotFollowed() throws {
        try "precious".write(toFile: scratch.file("victim"), atomically: false, encoding: .utf8)
        symlink("victim", scratch.file("json"))
        lchown(scratch.file("json"), 65534, 65534)
        let outcome = try audited(["json=\(scratch.file("json"))"])
        #expect(
            outcome.status == 64 && outcome.said.contains("user 65534 has put \(scratch.file("json"))"), "\(outcome)")
        #expect(try String(contentsOfFile: scratch.file("victim"), encoding: .utf8) == "precious")
    }
}
