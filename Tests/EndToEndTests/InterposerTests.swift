import Foundation
import Testing

/// The library itself, and what happens without it.
@Suite struct InterposerTests {
    private let clean = Place.fixture("no-allocation-clean")

    @Test func needsLibcOnly() throws {
        let needed = try run(["readelf", "--dynamic", "--wide", Place.interposer]).output.split(separator: "\n")
            .filter { $0.contains("(NEEDED)") }
        #expect(needed.count == 1 && needed[0].contains("[libc.so.6]"), "\(needed)")
    }

    /// Another library's may not be ready yet, or allocate: base/text.c.
    @Test func callsNoStringFunctionOfOthers() throws {
        let taken = try run(["nm", "--dynamic", "--undefined-only", "--format=just-symbols", Place.interposer]).output
            .split(separator: "\n")
        #expect(taken.contains { $0.hasPrefix("dl_iterate_phdr") })
        #expect(taken.filter { $0.hasPrefix("mem") || $0.hasPrefix("str") }.isEmpty)
    }

    @Test func exportsTheInterposedNamesAndTheMarkersOnly() throws {
        let exported = try run(["nm", "--dynamic", "--defined-only", "--format=just-symbols", Place.interposer]).output
            .split(separator: "\n").map(String.init)
        let room = "\(Place.repository)Sources/Interposer"
        let list = try String(contentsOfFile: "\(room)/interposed.h", encoding: .utf8)
            .replacing(/(?s)#ifdef DIOAUDIT_IN_PROCESS\n.*?\n#else/, with: "")
        let sources = try [
            "asynchronous", "direct", "files", "heap", "images", "life", "loading", "locking", "mappings", "markers",
            "operators", "transfers",
        ]
        .map { try String(contentsOfFile: "\(room)/interpose/\($0).c", encoding: .utf8) }.joined()
        let interposed =
            list.matches(of: /X\([A-Za-z_ *]+, (\w+), +\\?\n? *\(/).map { String($0.1) }
            + list.matches(of: /X\((\w+), \w+\)/).map { String($0.1) }
            + sources.matches(of: /MARKER\((\w+), \(/).map { String($0.1) }
            + ["reallocarray", "free_sized", "free_aligned_sized"]
            + ["execv", "execvp", "execl", "execlp", "execle"]
        #expect(exported.sorted() == interposed.sorted())
    }

    /// What AuditCore's `GlobTests` demands of the host's.
    @Test func itsPatternsMeanWhatTheHostsMean() throws {
        let scratch = try Scratch()
        let tests = "\(Place.repository)Tests"
        let outcome = try run([
            "sh", "-ec",
            "clang -D_GNU_SOURCE -std=c11 -Wall -Werror -I$(dirname \(Place.repository)Sources/Interposer/*/glob.h) "
                + "-I\(Place.repository)Sources/LedgerABI/include \(Place.repository)Sources/Interposer/*/glob.c "
                + "\(tests)/oracles/globs.c -o \(scratch.path)/globs; \(scratch.path)/globs < \(tests)/globs.txt",
        ])
        let rows = try String(contentsOfFile: "\(tests)/globs.txt", encoding: .utf8).split(separator: "\n")
        let answers = outcome.output.split(separator: "\n")
        try #require(outcome.status == 0 && answers.count == rows.count, "\(outcome.errors)")
        for (row, answer) in zip(rows, answers) { #expect(row.hasSuffix("\t\(answer)"), "\(row)") }
    }

    // MARK: no interposer, no pass

    private func verdict(preload: String) throws -> (Outcome, reasons: [String], [String: Any]) {
        let scratch = try Scratch()
        let (outcome, report) = try audit(
            [clean, scratch.file("data")], environment: ["DIOAUDIT_PRELOAD": preload])
        let audit = try #require(report.audits.first)
        let witnesses = try #require(audit["witnesses"] as? [String: [String: Any]])
        return (outcome, try #require(audit["reasons"] as? [String]), try #require(witnesses["interposer"]))
    }

    @Test func aMissingOneIsInconclusive() throws {
        let (outcome, reasons, witness) = try verdict(preload: "/nonexistent/libdioaudit_preload.so")
        #expect(outcome.status == 2)
        #expect(reasons.contains { $0.contains("/nonexistent/libdioaudit_preload.so") })
        #expect(witness["status"] as? String == "unavailable")
    }

    @Test func oneThatCannotBeLoadedIsInconclusive() throws {
        let scratch = try Scratch()
        try "no library".write(toFile: scratch.file("broken.so"), atomically: true, encoding: .utf8)
        let (outcome, _, witness) = try verdict(preload: scratch.file("broken.so"))
        #expect(outcome.status == 2)
        #expect(witness["status"] as? String == "unavailable")
    }

    /// An interposer whose ledger differs must not write into ours, nor be believed.
    @Test(arguments: [
        ("define DIOAUDIT_LEDGER_VERSION ", "define DIOAUDIT_LEDGER_VERSION 9"),
        ("DIOAUDIT_CHAINS = 4096", "DIOAUDIT_CHAINS = 2048"),
    ])
    func oneOfAnotherLayoutIsInconclusive(ours: String, theirs: String) throws {
        let scratch = try Scratch()
        let copied = try run([
            "cp", "-r", "\(Place.repository)Sources/Interposer", "\(Place.repository)Sources/LedgerABI/include",
            scratch.path,
        ])
        try #require(copied.status == 0, "\(copied.errors)")
        let header = scratch.file("include/ledger_abi.h")
        let text = try String(contentsOfFile: header, encoding: .utf8)
        try #require(text.contains(ours))
        try text.replacingOccurrences(of: ours, with: theirs).write(toFile: header, atomically: true, encoding: .utf8)
        let build = try run([
            "sh", "-c",
            "clang -D_GNU_SOURCE -O1 -shared -fPIC -fvisibility=hidden -U_FORTIFY_SOURCE -fno-builtin -I\(scratch.path)/include "
                + "$(ls \(scratch.path)/Interposer/*/*.c | grep -v /assertions/) -o \(scratch.path)/other.so",
        ])
        try #require(build.status == 0, "\(build.errors)")
        let (outcome, _, witness) = try verdict(preload: scratch.file("other.so"))
        #expect(outcome.status == 2)
        #expect(witness["status"] as? String == "unavailable")
        #expect((witness["reason"] as? String ?? "").contains("another version"))
    }

    @Test func aStaticProgramIsInconclusive() throws {
        let scratch = try Scratch()
        let source = "\(Place.repository)Fixtures/no-allocation-clean.c"
        let build = try run(["clang", "-static", "-O1", "-D_GNU_SOURCE", source, "-o", scratch.file("static")])
        try #require(build.status == 0, "\(build.errors)")
        let (outcome, report) = try audit([scratch.file("static"), scratch.file("data")])
        #expect(outcome.status == 2)
        #expect(report.verdict == "inconclusive")
    }

    /// Under SCHED_FIFO a yield does not give the CPU to a thread of a lower priority, which may hold the lock.
    @Test(.enabled(if: isRoot, "needs root for SCHED_FIFO: .ci/run is root"))
    func aThreadOfHigherPriorityWaitsForThePhaseLock() throws {
        let scratch = try Scratch()
        let (outcome, report) = try audit([Place.fixture("crosses-by-priority"), scratch.file("data")])
        #expect(!outcome.errors.contains("fixture: "), "\(outcome.errors)")
        let lock = try #require(report.audits.first?["lock"] as? [String: Any])
        #expect(lock["unlockedMappings"] as? Int ?? 0 >= 20000, "\(lock)")
    }

    @Test func itsLockedMemoryIsAtMostAMebibyte() throws {
        let scratch = try Scratch()
        let locked = { (environment: [String: String]) in
            let said = try run([Place.fixture("prints-locked-memory")], environment: environment).output
            return try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        let path = scratch.file("report.json")
        let audited = try run(
            [Place.dioaudit, "run", "--quiet", "--format", "json=\(path)", "--", Place.fixture("prints-locked-memory")])
        let under = try #require(Int(audited.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(under - (try locked([:])) <= 1024, "KiB")
    }
}
