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
}
