import Foundation
import Testing

/// Every format of one run; what each says is tested where no program runs, in AuditReportTests.
@Suite struct FormatTests {
    private let scratch: Scratch
    private static let names = [
        "junit", "sarif", "github", "codequality", "markdown", "tap", "openmetrics", "folded", "speedscope", "csv",
    ]

    init() throws {
        scratch = try Scratch()
    }

    /// What each format says of a fixture, by its name.
    private func views(of fixture: String, status: Int32, environment: [String: String] = [:]) throws -> [String:
        String]
    {
        let formats = Self.names.flatMap { ["--format", "\($0)=\(scratch.file($0))"] }
        let outcome = try run(
            [Place.dioaudit, "run", "--kernel", "off"] + formats + [
                "--", Place.fixture(fixture), scratch.file("data"),
            ],
            environment: environment, directory: Place.repository)
        #expect(outcome.status == status && outcome.output == "" && outcome.errors == "", "\(outcome)")
        return try Dictionary(
            uniqueKeysWithValues: Self.names.map { ($0, try String(contentsOfFile: scratch.file($0), encoding: .utf8)) }
        )
    }

    /// The place and what happened there, in each.
    @Test func aFailureIsInEachFormat() throws {
        let views = try views(of: "allocates-each-transfer", status: 1)
        let signs = [
            "junit": "<failure message=\"in the steady phase: 100 mallocs; ",
            "sarif": "\"text\": \"allocate: 100 mallocs in the steady phase, 3200 bytes, 1.01 for each transfer, ",
            "github": "::error file=Fixtures/allocates-each-transfer.c,line=14,title=",
            "codequality": "\"path\": \"Fixtures/allocates-each-transfer.c\"",
            "markdown": "| allocate allocates-each-transfer.c:14 | 100 | 1.01 | 3.1 KiB | malloc | allocates-each- |",
            "tap": "- place: \"allocate Fixtures/allocates-each-transfer.c:14\"",
            "openmetrics": "dioaudit_violations{audit=\"allocates-each-transfer\",kind=\"malloc\"} 100\n",
            "folded": ";main;step;allocate;malloc 100\n",
            "speedscope": "\"name\": \"allocates-each-transfer: fail: calls\"",
            "csv": "\"allocates-each-transfer\",fail,,steady,99,405504,0,",
        ]
        for (format, view) in views { #expect(view.contains(signs[format]!), "\(format): \(view)") }
    }

    @Test func aPassIsInEachFormat() throws {
        let outcome = "no-allocation-clean: pass: 99 steady transfers without a violation"
        let signs = [
            "junit": "<system-out>pass: no-allocation-clean: no violation in 99 steady transfers",
            "sarif": "\"text\": \"\(outcome)\"", "github": "::notice title=dioaudit%3A no-allocation-clean::pass: 99 ",
            "codequality": "\"description\": \"\(outcome)\"",
            "markdown": "| no-allocation-clean | pass | 99 | 1 | 99 steady transfers without a violation |",
            "tap": "\nok 1 - \(outcome)\n",
            "openmetrics": "dioaudit_verdict{audit=\"no-allocation-clean\",verdict=\"pass\"} 1\n",
            "folded": "no-allocation-clean;(pass: 99 steady transfers without a violation) 0\n",
            "speedscope": "\"name\": \"\(outcome)\"", "csv": "\"no-allocation-clean\",pass,1,steady,99,405504,0,",
        ]
        for (format, view) in try views(of: "no-allocation-clean", status: 0) {
            #expect(view.contains(signs[format]!), "\(format): \(view)")
        }
    }

    /// Times, and what the kernel counts by chance, are all that may differ.
    @Test func twoPassesHaveTheSameBytes() throws {
        let both = try (0..<2).map { _ in try views(of: "no-allocation-clean", status: 0) }
        for format in Self.names {
            let views = both.map { stable($0[format]!, format) }
            #expect(views[0] == views[1], "\(format)")
        }
    }

    private func stable(_ view: String, _ format: String) -> String {
        switch format {
        case "junit": view.replacing(/time="[0-9.]+"/, with: "TIME").replacing(/[0-9.]+ MiB locked/, with: "LOCKED")
        // Which series there are.
        case "openmetrics": view.replacing(/(?m) [0-9.]+$/, with: "")
        case "csv":
            view.split(separator: "\r\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).prefix(11).joined(separator: ",")
            }
            .joined(separator: "\n")
        default: view
        }
    }

    /// A runner says where the checkout is.
    @Test func filesAreNamedFromTheCheckoutOn() throws {
        let views = try views(
            of: "allocates-each-transfer", status: 1, environment: ["GITHUB_WORKSPACE": Place.repository + "Fixtures"])
        #expect(views["github"]!.hasPrefix("::error file=allocates-each-transfer.c,line=14,"))
    }

    /// A fixture, and how its audit ends.
    private static let ofEachVerdict: [(String, Int32)] = [
        ("allocates-each-transfer", 1), ("no-allocation-clean", 0), ("no-transfer", 2),
    ]

    private static let promtool = "\(Place.repository).build/readers/promtool"

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: promtool), "needs promtool: make readers"),
        arguments: ofEachVerdict)
    func promtoolReadsOpenMetrics(fixture: String, status: Int32) throws {
        _ = try views(of: fixture, status: status)
        let outcome = try run(["sh", "-c", "exec $0 check metrics <$1", Self.promtool, scratch.file("openmetrics")])
        #expect(outcome.status == 0 && outcome.said == "", "\(outcome)")
    }

    private static let schema = "\(Place.repository).build/readers/sarif"

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: schema), "needs SARIF's schema: make readers"),
        arguments: ofEachVerdict)
    func sarifKeepsToItsSchema(fixture: String, status: Int32) throws {
        _ = try views(of: fixture, status: status)
        let outcome = try validate(scratch.file("sarif"), by: Self.schema)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
