import AuditCore
import Testing

@testable import AuditReport

/// What is read back is what was written; and what others made of it is refused, or read as it stands.
@Suite struct StoredReportTests {
    private func read(_ text: String) throws(AuditError) -> Report {
        try Report(stored: Array(text.utf8), at: "a.json")
    }

    private func refusal(_ text: String) -> AuditError? {
        do throws(AuditError) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    /// Each shape of an audit, with every optional part here or there.
    static let reports: [Report] = {
        var violating = Example()
        violating.calls = 3
        var blind = Example()
        blind.witness = .forbidden
        var early = Example()
        early.reached = false
        let audits = [
            Example().audit(), violating.audit(), Example.largest.audit(), blind.audit(), early.audit(),
            violating.audit(suppressing("*", "malloc", "pageFaultMinor")),
        ]
        return audits.map { Report(.run, machine: Example.machine, audits: [$0]) } + [
            Report(.audit, machine: Example.machine, files: Example.files, audits: audits),
            Report(.attach, machine: Example.machine, audits: [violating.audit(attached: true)]),
            Report(.audit, machine: Example.machine, audits: []),
        ]
    }()

    private static func suppressing(_ kinds: String...) -> AuditRequest {
        let entries = kinds.map { "{\nthe same name\n\($0)\nfun:Some.*\n}\n{\nstale\n\($0)\nfun:nobody\n}\n" }
        var request = AuditRequest()
        request.suppressions = try! Suppression.all(in: entries.joined().utf8, file: "known.supp")
        return request
    }

    @Test func isTheSameAgain() throws {
        for report in Self.reports {
            let stored = try json(report)
            let again = try read(stored)
            #expect(try json(again) == stored)
            #expect(again.audits.map(\.places) == report.audits.map(\.places))
            #expect(again.audits.map(\.suppressions) == report.audits.map(\.suppressions))
            #expect(again.audits.map(\.violations) == report.audits.map(\.violations))
            #expect(again.exitStatus == report.exitStatus)
            // The longest of the texts take a second each.
            for verbose in report.audits.contains(where: { $0.name.count > 60 }) ? [false] : [false, true] {
                let style = Style(coloured: true)
                #expect(
                    text(again, style, quiet: false, verbose: verbose)
                        == text(report, style, quiet: false, verbose: verbose))
            }
            #expect(suppressionText(again) == suppressionText(report))
        }
        #expect(Self.reports.contains { $0.audits.contains { $0.suppressions.count > 1 && !$0.suppressed.isEmpty } })
    }

    // MARK: compared

    /// By what either was held against: a second loss is no acceptance of the first.
    @Test func whatWasLostStaysLost() {
        let whole = NamedReport(Report(machine: Example.machine, audits: [Example().audit()]))
        let lossy = NamedReport(
            Report(machine: Example.machine, audits: [Example().audit()], lostAudits: ["write-4k"]))
        #expect(ComparedReports(whole, whole).status == .pass)
        for compared in [
            ComparedReports(whole, lossy), ComparedReports(lossy, whole), ComparedReports(lossy, lossy),
        ] {
            #expect(compared.status == .fail)
            let text = compareText(compared, Style(coloured: false), quiet: false, verbose: false)
            #expect(text.contains("lost audit: write-4k") && text.contains("1 worse, 0 better"), "\(text)")
        }
    }

    /// A baseline accepts violations, which may stand before what was not observed.
    @Test func violationsHideNoBlindness() {
        var example = Example()
        example.calls = 3
        var seen = example.audit()
        #expect(seen.verdict == .fail)
        seen.reasons = [seen.reasons[0]]
        #expect(seen.comparedStatuses == [])
        var blind = seen
        blind.reasons.append("the ledger was damaged")
        #expect(blind.comparedStatuses == [.inconclusive])
    }

    @Test func noAuditIsThereAndLost() throws {
        let report = Report(machine: Example.machine, audits: [Example().audit()], lostAudits: [Example().audit().name])
        #expect(throws: (any Error).self) { try read(json(report)) }
    }

    // MARK: hostile ones

    private let failing = {
        var violating = Example()
        violating.calls = 3
        return try! json(Report(machine: Example.machine, audits: [violating.audit()]))
    }()
    private let passing = try! json(Report(machine: Example.machine, audits: [Example().audit()]))

    @Test func anotherSchemaIsNamed() {
        let error = refusal(passing.replacing("dioaudit/report/1", with: "dioaudit/report/2"))
        #expect(error?.exit == .badInput && error?.place == "a.json: schema")
        #expect(error?.what == "it is a 'dioaudit/report/2', and this version reads 'dioaudit/report/1'")
    }

    @Test func itsKeyIsNamed() {
        let wrong = [
            ("\"settledAfter\": 1", "\"settledAfter\": \"1\"", "audits[0].settledAfter"),
            ("\"settledAfter\": 1", "\"settledAfter\": -1", "audits[0].settledAfter"),
            ("\"settledAfter\": 1", "\"settledAfter\": 0", "audits[0]"),
            ("\"settledAfter\": 1", "\"settledAfter\": 1.5", "audits[0].settledAfter"),
            ("\"settledAfter\": 1", "\"settledAfter\": 18446744073709551616", "audits[0].settledAfter"),
            ("\"settledAfter\": 1", "\"settledAfter\": 18446744073709551615", "audits[0]"),
            ("\"settledAfter\": 1", "\"settledAfter\": 1e400", "audits[0].settledAfter"),
            ("\"perTransfer\": 1", "\"perTransfer\": 1e300", "audits[0]"),
            ("\"perTransfer\": 1", "\"perTransfer\": -0.5", "audits[0]"),
            ("\"kind\": \"kmalloc\"", "\"kind\": \"xmalloc\"", "audits[0].phases[2].kernel[0].kind"),
            ("\"name\": \"setup\"", "\"name\": \"steady\"", "audits[0].phases"),
            ("\"cpus\": 2", "\"cups\": 2", "machine.cpus"),
            (
                "\"mlockall\": [\n          \"current\"", "\"mlockall\": [\n          \"onTuesdays\"",
                "audits[0].lock.mlockall"
            ),
        ]
        for (right, other, place) in wrong {
            #expect(passing.contains(right), "\(right)")
            let error = refusal(passing.replacing(right, with: other, maxReplacements: 1))
            #expect(error?.exit == .badInput && error?.place == "a.json: \(place)", "\(other): \(error as Any)")
        }
    }

    @Test func aVerdictThatIsNotThatOfItsAuditsIsRefused() {
        for (text, from, to, what) in [
            (failing, "\"verdict\": \"fail\"", "\"verdict\": \"pass\"", "it passes with violations"),
            (failing, "\"verdict\": \"fail\"", "\"verdict\": \"inconclusive\"", "it is inconclusive with violations"),
            (passing, "\"verdict\": \"pass\"", "\"verdict\": \"fail\"", "it fails without a violation"),
            (
                passing, "\"verdict\": \"pass\"", "\"verdict\": \"inconclusive\"",
                "it does not pass, and gives no reason"
            ),
        ] {
            let error = refusal(text.replacing(from, with: to))
            #expect(error?.what.hasSuffix(what) == true && error?.place == "a.json: audits[0]", "\(error as Any)")
        }
        // The report's own, which stands last.
        let range = passing.ranges(of: "\"verdict\": \"pass\"").last!
        let error = refusal(passing.replacingCharacters(in: range, with: "\"verdict\": \"fail\""))
        #expect(error?.what.hasSuffix("its verdict 'fail' is not that of its audits") == true, "\(error as Any)")
    }

    /// Sums of them would not fit their type.
    @Test func countsThatCannotHaveHappenedAreRefused() {
        let most = UInt64(1) << 60
        let count = "\"calls\": 3,"
        #expect(refusal(failing.replacing(count, with: "\"calls\": \(most / 1000),")) == nil)
        #expect(refusal(failing.replacing(count, with: "\"calls\": \(most),"))?.exit == .badInput)
        // Bytes may be any: a program asks for what it likes.
        let bytes = failing.replacing(/"bytes": 192/, with: "\"bytes\": 18446744073709551615")
        #expect(bytes != failing)
    }

    @Test func noDepthOverflowsTheStack() {
        let deep = String(repeating: "[", count: 100_000)
        let keys = String(repeating: "{\"a\":", count: 100_000)
        for text in [deep, keys, "{\"schema\": \"dioaudit/report/1\", \"unknown\": \(deep)"] {
            #expect(refusal(text)?.exit == .badInput)
        }
    }

    @Test func whatIsNoJSONIsRefused() {
        for text in [
            "", " ", "null", "[]", "0", "\"\"", "dioaudit: pass", "{", "{}", "\u{0}", "[1e400]", "{\"schema\": 1}",
        ] {
            let error = refusal(text)
            #expect(error?.exit == .badInput && error?.remedy.isEmpty == false, "\(text): \(error as Any)")
        }
        var bytes = Array(passing.utf8)
        bytes[bytes.count / 2] = 0xff
        #expect(throws: AuditError.self) { try Report(stored: bytes, at: "a.json") }
    }

    /// At any byte of it.
    @Test func aPartOfAReportIsNone() {
        let bytes = Array(passing.utf8)
        for length in stride(from: 0, to: bytes.count - 2, by: 997) {
            #expect(throws: AuditError.self) { try Report(stored: Array(bytes.prefix(length)), at: "a.json") }
        }
    }

    @Test func longNamesAreCutInMessages() throws {
        let name = String(repeating: "n", count: 65536)
        let error = try #require(refusal(passing.replacing("dioaudit/report/1", with: name)))
        #expect(error.description.count < 500)
        let key = try #require(refusal(passing.replacing("\"malloc\"", with: "\"\(name)\"")))
        #expect(key.description.count < 500)
        let named = try read(passing.replacing("psync-read-4k", with: name))
        #expect(named.audits[0].name == name)
    }

    @Test func keysOfLaterVersionsAreNotMissed() throws {
        let later = passing.replacing("\"cpus\": 2", with: "\"cpus\": 2, \"colour\": [{}]")
        #expect(try json(read(later)) == passing)
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
