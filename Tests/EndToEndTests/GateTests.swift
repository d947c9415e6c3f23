import Foundation
import Testing

/// Budgets and baselines, as a pipeline uses them.
@Suite struct GateTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func audited(_ fixture: String, _ options: String...) throws -> (Outcome, [String: Any]) {
        let path = scratch.file("report.json")
        let outcome = try run(
            [Place.dioaudit, "run"] + options
                + ["--format", "text", "--format", "json=\(path)", "--", Place.fixture(fixture), scratch.file("data")])
        let validation = try validate(path)
        #expect(validation.status == 0, "\(validation.errors)")
        // It is read back as it is.
        let again = try run([Place.dioaudit, "report", path, "--format", "json"])
        #expect(try again.output == String(contentsOfFile: path, encoding: .utf8) && again.status == outcome.status)
        return (outcome, try #require(StoredReport(String(contentsOfFile: path, encoding: .utf8)).audits.first))
    }

    private func count(_ key: String, _ audit: [String: Any]) -> Int? { (audit[key] as? [Any])?.count }

    @Test func aBaselineAcceptsWhatItKnows() throws {
        let base = scratch.file("base.json")
        let (first, _) = try audited("allocates-each-transfer", "--baseline", base, "--update-baseline")
        #expect(first.status == 1 && first.errors.contains("wrote the baseline \(base)"), "\(first.errors)")
        let (second, audit) = try audited("allocates-each-transfer", "--baseline", base)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.said.contains("99 steady transfers without a violation, 1 place known from the baseline"))
        #expect(count("violations", audit) == 0)
        let known = try #require((audit["baseline"] as? [String: Any])?["known"] as? [[String: Any]])
        #expect(known.map { $0["calls"] as? Int } == [100])
    }

    @Test func aBaselineOfFewerIsNoExcuse() throws {
        let base = scratch.file("base.json")
        _ = try audited("allocates-each-transfer", "--baseline", base, "--update-baseline")
        let text = try String(contentsOfFile: base, encoding: .utf8)
        let fewer = text.replacing("\"calls\": 100", with: "\"calls\": 99")
        #expect(fewer != text)
        try fewer.write(toFile: base, atomically: false, encoding: .utf8)
        let (outcome, audit) = try audited("allocates-each-transfer", "--baseline", base)
        #expect(outcome.status == 1 && count("violations", audit) == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("worse than the baseline: 1 place with more calls"), "\(outcome.errors)")
        #expect(
            outcome.errors.contains("    - 99 calls") && outcome.errors.contains("    + 100 calls"), "\(outcome.errors)"
        )
        #expect(outcome.tooWide() == [])
        let other = text.replacing("\"function\": \"allocate\"", with: "\"function\": \"another\"")
        try other.write(toFile: base, atomically: false, encoding: .utf8)
        let (new, _) = try audited("allocates-each-transfer", "--baseline", base)
        #expect(new.status == 1 && new.errors.contains("new place: heap in allocate < step < main"), "\(new.errors)")
        #expect(new.errors.contains("gone: heap in another < step < main"), "\(new.errors)")
    }

    /// Blindness and failure are nothing that a baseline takes, nor is one made of them.
    @Test func aBaselineIsNoPassOfItself() throws {
        let base = scratch.file("base.json")
        let (blind, _) = try audited("no-transfer", "--baseline", base, "--update-baseline")
        #expect(blind.status == 2 && blind.errors.contains("stays as it is"), "\(blind.errors)")
        #expect(!FileManager.default.fileExists(atPath: base))
        let missing = try run([Place.dioaudit, "run", "--baseline", base, "--", "true"])
        #expect(missing.status == 65 && missing.errors.contains(base), "\(missing)")
        _ = try audited("allocates-each-transfer", "--baseline", base, "--update-baseline")
        let before = try String(contentsOfFile: base, encoding: .utf8)
        let wrong = try run([Place.dioaudit, "run", "--baseline", base, "--", "true"])
        #expect(wrong.status == 65 && wrong.errors.contains("has no audit 'true'"), "\(wrong)")
        let (crashed, _) = try audited(
            "allocates-each-transfer", "--baseline", base, "--update-baseline", "--expect-exit", "7")
        #expect(crashed.errors.contains("stays as it is") && [1, 3].contains(crashed.status), "\(crashed)")
        #expect(try String(contentsOfFile: base, encoding: .utf8) == before)
    }

    /// `audit` makes baselines of many, of which `run` is held against one.
    @Test func anUpdateKeepsTheAuditsOfOthers() throws {
        let base = scratch.file("base.json")
        _ = try audited("no-allocation-clean", "--baseline", base, "--update-baseline")
        func read() throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: base))) as? [String: Any])
        }
        var report = try read()
        let own = try #require((report["audits"] as? [[String: Any]])?.first)
        report["audits"] = [own.merging(["name": "other"]) { $1 }, own]
        report["lostAudits"] = ["lost"]
        report["verdict"] = "fail"
        try JSONSerialization.data(withJSONObject: report).write(to: URL(filePath: base))
        let (updated, _) = try audited("no-allocation-clean", "--baseline", base, "--update-baseline")
        #expect(updated.status == 0 && updated.errors.contains("wrote the baseline"), "\(updated.errors)")
        let now = try read()
        #expect(
            (now["audits"] as? [[String: Any]])?.map { $0["name"] as? String } == ["no-allocation-clean", "other"])
        #expect(now["lostAudits"] as? [String] == ["lost"])
    }

    @Test func aLostWitnessIsWorse() throws {
        let base = scratch.file("base.json")
        let (first, _) = try audited("no-allocation-clean", "--baseline", base, "--update-baseline")
        #expect(first.status == 0, "\(first.errors)")
        let (same, _) = try audited("no-allocation-clean", "--baseline", base)
        #expect(same.status == 0 && same.errors.contains("no worse"), "\(same.errors)")
        guard isRoot else { return }
        let (lost, _) = try audited("no-allocation-clean", "--baseline", base, "--kernel", "off")
        #expect(lost.status == 1 && lost.errors.contains("lost witness: kernel"), "\(lost.errors)")
    }

    /// An audit that looks at less finds nothing new.
    @Test(arguments: [
        (["--allow", "heap"], "not judged any more: heap"), (["--scope", "io-threads"], "--scope io-threads"),
        (["--warmup-ios", "50"], "--warmup-ios of reads 50, and before 1"),
        (["--no-require-lock"], "the memory lock is required never"),
    ]) func whatIsNotJudgedAnyMoreIsWorse(options: [String], words: String) throws {
        let (base, now) = (scratch.file("base.json"), scratch.file("report.json"))
        _ = try audited("allocates-each-transfer", "--baseline", base, "--update-baseline")
        let command = ["--", Place.fixture("allocates-each-transfer"), scratch.file("data")]
        let outcome = try run([Place.dioaudit, "run", "--baseline", base] + options + command)
        #expect(outcome.status == 1 && outcome.said.contains("lost coverage: \(words)"), "\(outcome)")
        _ = try run([Place.dioaudit, "run", "--quiet", "--format", "json=\(now)"] + options + command)
        let compared = try run([Place.dioaudit, "compare", base, now])
        #expect(compared.status == 1 && compared.said.contains("lost coverage: \(words)"), "\(compared)")
        let back = try run([Place.dioaudit, "compare", now, base])
        #expect(!back.said.contains("lost coverage"), "\(back)")
    }

    /// More is let pass then.
    @Test(arguments: [
        (["--budget", "malloc=100"], "--budget malloc=100, and before none"),
        (["--suppressions", "known"], "the suppression 'mine', and before none of its kinds and frames"),
    ]) func aLaxerPolicyIsWorse(options: [String], words: String) throws {
        let (base, now) = (scratch.file("base.json"), scratch.file("report.json"))
        try "{\nmine\nmalloc\n...\n}".write(toFile: scratch.file("known"), atomically: false, encoding: .utf8)
        let laxer = options.map { $0 == "known" ? scratch.file("known") : $0 }
        _ = try audited("no-allocation-clean", "--baseline", base, "--update-baseline")
        func gate(_ options: [String], to path: String, baseline: String? = base) throws -> Outcome {
            let against = baseline.map { ["--baseline", $0] } ?? []
            return try run(
                [Place.dioaudit, "run", "--format", "text", "--format", "json=\(path)"] + against + options + [
                    "--", Place.fixture("no-allocation-clean"), scratch.file("data"),
                ])
        }
        let outcome = try gate(laxer, to: now)
        #expect(outcome.status == 1 && outcome.said.contains("lost coverage: \(words)"), "\(outcome)")
        let validation = try validate(now)
        #expect(validation.status == 0, "\(validation.errors)")
        _ = try gate(laxer, to: now, baseline: nil)
        let compared = try run([Place.dioaudit, "compare", base, now])
        #expect(compared.status == 1 && compared.said.contains("lost coverage: \(words)"), "\(compared)")
        #expect(try run([Place.dioaudit, "compare", now, base]).status == 0)
        // Accepted, it is the next one's measure.
        #expect(try gate(laxer + ["--update-baseline"], to: now).status == 1)
        #expect(try gate(laxer, to: now).status == 0)
    }

    @Test func compareSaysWhatGotWorse() throws {
        let (clean, leaky) = (scratch.file("clean.json"), scratch.file("leaky.json"))
        _ = try run([
            Place.dioaudit, "run", "--format", "json=\(leaky)", "--", Place.fixture("allocates-each-transfer"),
            scratch.file("data"),
        ])
        _ = try run([
            Place.dioaudit, "run", "--format", "json=\(clean)", "--", Place.fixture("no-allocation-clean"),
            scratch.file("data"),
        ])
        let text = try String(contentsOfFile: clean, encoding: .utf8)
        try text.replacing("\"name\": \"no-allocation-clean\"", with: "\"name\": \"allocates-each-transfer\"").write(
            toFile: clean, atomically: false, encoding: .utf8)
        func compare(_ paths: String...) throws -> Outcome { try run([Place.dioaudit, "compare"] + paths) }
        let worse = try compare(clean, leaky)
        #expect(worse.status == 1 && worse.output.contains("new place: heap in allocate < step < main"), "\(worse)")
        let better = try compare(leaky, clean)
        #expect(better.status == 0 && better.output.contains("gone: heap in allocate"), "\(better)")
        let same = try compare(leaky, leaky)
        #expect(same.status == 0 && same.output.hasSuffix(": no change\n"), "\(same)")
        try text.write(toFile: clean, atomically: false, encoding: .utf8)
        let lost = try compare(leaky, clean)
        #expect(lost.status == 1 && lost.output.contains("lost audit: allocates-each-transfer"), "\(lost)")
        #expect(try compare(leaky, scratch.file("missing.json")).status == 65)
        #expect(try compare(leaky).status == 64)
    }

    @Test(
        arguments: [
            ("malloc=100", 0), ("malloc=99", 1), ("heap/transfer=1.02", 0), ("heap/transfer=1.01", 1),
            ("bytes=3200", 0),
            ("bytes=3199", 1), ("place:allocate=100", 0), ("place:step=100", 1),
            ("file:allocates-each-transfer.c=100", 0),
            ("thread:allocates*=100", 0), ("thread:other=100", 1), ("settledAfter=50", 1),
        ] as [(String, Int32)]) func aBudgetIsExact(budget: String, status: Int32) throws
    {
        let (outcome, audit) = try audited("allocates-each-transfer", "--budget", budget)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(count("violations", audit) == Int(status))
        #expect(outcome.tooWide() == [])
    }

    @Test func whatIsStaleIsSaidAndStrictlyFails() throws {
        let (noted, _) = try audited("no-allocation-clean", "--budget", "malloc=3")
        #expect(
            noted.status == 0 && noted.errors.contains("--budget malloc=3: nothing used it: stale"), "\(noted.errors)")
        let (strict, _) = try audited("no-allocation-clean", "--budget", "malloc=3", "--strict")
        #expect(
            strict.status == 1 && strict.errors.contains("--strict: --budget malloc=3 is stale"), "\(strict.errors)")
        try "{\nold\nmalloc\n...\n}".write(toFile: scratch.file("known"), atomically: false, encoding: .utf8)
        let (suppressed, _) = try audited("no-allocation-clean", "--suppressions", scratch.file("known"), "--strict")
        #expect(suppressed.status == 1 && suppressed.errors.contains("'old' is stale"), "\(suppressed.errors)")
    }
}
