import Foundation
import Testing

@Suite struct ReportTests {
    @Test(arguments: ["no-allocation-clean", "allocates-each-transfer", "crashes", "no-transfer", "forks"])
    func keepsToItsSchema(fixture: String) throws {
        let scratch = try Scratch()
        let path = scratch.file("report.json")
        _ = try run(
            [Place.dioaudit, "run", "--format", "json=\(path)", "--", Place.fixture(fixture), scratch.file("data")])
        let outcome = try validate(path)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func soDoesAReportWithSuppressions() throws {
        let scratch = try Scratch()
        let path = scratch.file("report.json")
        try "{\nknown\nmalloc\nfun:allocate\n}\n{\nstale\n*\n...\n}".write(
            toFile: scratch.file("known"), atomically: true, encoding: .utf8)
        let outcome = try run([
            Place.dioaudit, "run", "--suppressions", scratch.file("known"), "--format", "json=\(path)", "--",
            Place.fixture("allocates-each-transfer"), scratch.file("data"),
        ])
        #expect(outcome.status == 0)
        let validation = try validate(path)
        #expect(validation.status == 0, "\(validation.errors)")
        // The schema's own new parts are in use: a suppressed violation without its suppression is none.
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"suppression\"", with: "\"other\"").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try validate(path).status == 1)
    }

    /// Every part of a report, in every format.
    @Test(arguments: ["allocates-each-transfer", "marker-allow", "no-transfer", "forks", "late-arena", "crashes"])
    func textFitsATerminal(fixture: String) throws {
        let scratch = try Scratch()
        let installation = try Installation()
        let command = { ["--", Place.fixture(fixture), scratch.file($0)] }
        for options in [
            ["--verbose"], ["--verbose", "--kernel-stacks"], ["--scope", "thread:*", "--kernel", "require"],
        ] {
            for outcome in [
                try run([Place.dioaudit, "run"] + options + command("data")),
                try installation.runAsOrdinaryUser("true", ["run"] + options + command("users")),
            ] {
                #expect(outcome.tooWide() == [], "\(outcome.errors)")
                #expect(outcome.errors.contains("Linux "), "\(outcome.errors)")
                #expect(outcome.errors.contains("\nwitnesses: interposer"), "\(outcome.errors)")
                guard fixture == "no-transfer" else { continue }
                for word in ["steady", "settled", "memory lock", "the kernel allocate"] {
                    #expect(!outcome.errors.contains(word), "\(outcome.errors)")
                }
            }
        }
    }

    @Test func aProgramThatCannotStartHasAReportToo() throws {
        let scratch = try Scratch()
        let path = scratch.file("report.json")
        let outcome = try run([Place.dioaudit, "run", "--format", "json=\(path)", "--", "/nonexistent/program"])
        #expect(outcome.status == 3)
        let validation = try validate(path)
        #expect(validation.status == 0, "\(validation.errors)")
    }

    @Test func theSchemaRefusesWhatIsNoReport() throws {
        let scratch = try Scratch()
        try #"{"schema": "dioaudit/report/1", "verdict": "maybe"}"#.write(
            toFile: scratch.file("bad.json"), atomically: true, encoding: .utf8)
        #expect(try validate(scratch.file("bad.json")).status == 1)
    }
}
