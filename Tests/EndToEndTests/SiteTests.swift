import Foundation
import Testing

/// No call stack is lost, and what the interposer maps to keep them is not the program's.
@Suite struct SiteTests {
    private func options(_ threads: Int) -> [String] {
        // What pthread_create needs is the program's own.
        threads == 1 ? [] : ["--allow", "calloc,faults,mappings"]
    }

    /// The JSON report of as many has hundreds of megabytes; its text counts them too.
    @Test(arguments: [1, 4]) func aHundredThousandAreKept(threads: Int) throws {
        let scratch = try Scratch()
        let outcome = try run(
            [Place.dioaudit, "run"] + options(threads) + [
                "--", Place.fixture("many-sites"), scratch.file("data"), "100000", "\(threads)",
            ])
        #expect(outcome.status == 1)
        let first = outcome.errors.split(separator: "\n").first
        #expect(first?.hasPrefix("fail: many-sites: in the steady phase: 100000 mallocs;") == true, "\(outcome.errors)")
        #expect(outcome.errors.contains("    and 99999 more stacks from the same place\n"), "\(outcome.errors)")
        #expect(
            outcome.errors.hasSuffix(
                "dioaudit: fail: many-sites: 100000 violations from 1 place in 2 steady transfers\n"),
            "\(outcome.errors)")
    }

    /// Each is one call, and together they are what was counted: in locked memory, where /proc is out of reach, and in a child.
    @Test(arguments: [("none", 4), ("lock", 1), ("fork", 1), ("chroot", 1)])
    func theyAddUpToTheCounts(before: String, threads: Int) throws {
        guard isRoot || before != "chroot" else { return }
        let scratch = try Scratch()
        let (outcome, report) = try audit(
            [Place.fixture("many-sites"), scratch.file("data"), "3000", "\(threads)", before],
            options: ["--allow", "calloc,faults,mappings"])
        let audit = try #require(report.audits.first)
        let violations = try #require(audit["violations"] as? [[String: Any]])
        #expect(violations.count == 3000, "\(outcome.errors)")
        #expect(violations.allSatisfy { $0["kind"] as? String == "malloc" && $0["calls"] as? Int == 1 })
        let stacks = violations.map { violation in
            (violation["stack"] as? [[String: Any]] ?? []).map { "\($0["offset"] ?? "")" }.joined(separator: ",")
        }
        #expect(Set(stacks).count == 3000)
        let events = try #require(phase("steady", of: audit)["events"] as? [String: [String: UInt64]])
        #expect(events["malloc"] == ["calls": 3000, "bytes": 96000])
        #expect(events["mremap"]?["calls"] == 0)
        let places = try #require(audit["places"] as? [[String: Any]])
        #expect(places.map { $0["calls"] as? Int } == [3000])
        #expect((places[0]["violations"] as? [Int])?.count == 3000)
    }

    /// The witnesses of mappings and of memory do not see what the interposer maps.
    @Test(arguments: [["--syscalls", "perf"], ["--syscalls", "seccomp"]])
    func whatIsMappedForThemIsNotThePrograms(options: [String]) throws {
        guard isRoot else { return }
        let scratch = try Scratch()
        let (outcome, report) = try audit(
            [Place.fixture("many-sites"), scratch.file("data"), "20000", "1", "lock"],
            options: options + ["--allow", "malloc", "--forbid", "free"])
        let audit = try #require(report.audits.first)
        let events = try #require(phase("steady", of: audit)["events"] as? [String: [String: UInt64]])
        for kind in ["syscallMremap", "syscallMmap", "syscallMunmap", "pagesUnexplained", "mappingsUnexplained"] {
            #expect(events[kind]?["calls"] == 0, "\(kind): \(outcome.errors)")
        }
        #expect(events["pageFaultMinor"]?["calls"] == 0)
        let kernel = try #require(phase("steady", of: audit)["kernel"] as? [[String: Any]])
        #expect(!kernel.contains { $0["kind"] as? String == "pageAlloc" }, "\(kernel)")
        #expect(audit["reasons"] as? [String] == ["in the steady phase: 20000 frees"])
    }
}
