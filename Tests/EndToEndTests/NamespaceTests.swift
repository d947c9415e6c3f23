import Foundation
import Testing

/// Programs in namespaces of their own: judged like any other, or named with what it takes.
@Suite struct NamespaceTests {
    private let scratch: Scratch
    private let installation: Installation

    init() throws {
        scratch = try Scratch()
        installation = try Installation()
    }

    /// Each makes a pid namespace: with a /proc of its own, with dioaudit's, and those of other users and networks too.
    static let ways = [
        "unshare --user --map-root-user --pid --fork",
        "unshare --user --map-root-user --pid --fork --mount-proc",
        "unshare --user --map-root-user --pid --fork --net --mount-proc",
        "bwrap --unshare-all --bind / /",
        "bwrap --unshare-all --bind / / --proc /proc",
    ]

    /// The thread that allocates is number 3 at the most there, or 2, and another for dioaudit: its name, its calls and those that
    /// only the kernel sees are one thread's. Test of the test: Fixtures/second-thread.c, which FixtureTests runs.
    @Test(
        .enabled(if: mayMakeUserNamespaces, needsUserNamespaces),
        arguments: ways, [false, true])
    func aThreadIsItself(way: String, isOrdinary: Bool) throws {
        let report = try audited(way, "second-thread", isOrdinary: isOrdinary)
        let audit = try #require(report.audits.first)
        #expect(audit["verdict"] as? String == "fail", "\(audit["reasons"] ?? "")")
        let steady = try phase("steady", of: audit)
        #expect(steady["transfers"] as? Int == 99)
        let violations = try #require(audit["violations"] as? [[String: Any]])
        let mallocs = violations.filter { $0["kind"] as? String == "malloc" }
        #expect(mallocs.map { $0["calls"] as? Int } == [10])
        // The arena that the thread's first malloc makes: what the kernel saw is of the same thread.
        let mappings = violations.filter { $0["kind"] as? String == "syscallMmap" }
        #expect(!mappings.isEmpty && mappings.allSatisfy { $0["thread"] as? String == "manager" }, "\(mappings)")
        let outer = try #require(mallocs.first?["pid"] as? Int)
        #expect(violations.allSatisfy { $0["pid"] as? Int == outer } && outer > 3, "\(violations)")
        let reasons = try #require(audit["reasons"] as? [String])
        #expect(reasons.count == 1, "\(reasons)")
        if isRoot && !isOrdinary && mayHavePrograms { #expect(try kernelTransfers(of: audit) == ["pwrite64": 100]) }
    }

    @Test(
        .enabled(if: mayMakeUserNamespaces, needsUserNamespaces),
        arguments: ways)
    func threadsAreFoundByEachProc(way: String) throws {
        let report = try audited(way, "second-thread", ["--scope", "thread:manager"], isOrdinary: false)
        let audit = try #require(report.audits.first)
        #expect(audit["verdict"] as? String == "fail", "\(audit["reasons"] ?? "")")
        let reasons = try #require(audit["reasons"] as? [String])
        #expect(reasons.count == 1 && reasons[0].hasPrefix("in the steady phase: 10 mallocs"), "\(reasons)")
    }

    private static let needsUserNamespaces: Comment = "needs user namespaces, which the kernel makes nobody in a chroot"

    private static let containers = Container.all.filter(\.isUsable)

    /// A runtime of containers gives its program the environment, the mounts and the namespaces that its bundle has, and no other. Such
    /// a runtime transfers nothing: that it is a Go program, or runs from memory, does not matter, and nor does that what runc starts
    /// first has an environment of its own.
    @Test(
        .enabled(
            if: mayHavePrograms && !containers.isEmpty, "needs root, BPF programs, and runc or crun that work here"),
        arguments: containers, [("no-allocation-clean", Int32(0)), ("second-thread", 1)])
    func aContainersProgramIsJudged(container: Container, program: (name: String, status: Int32)) throws {
        let command = try container.command(
            [try installation.fixture(program.name), scratch.file("data")], in: scratch)
        let (outcome, report) = try audit(
            command, options: ["--allow", "pageFaultMinor,pageFaultMajor"], by: installation.dioaudit)
        #expect(outcome.status == program.status, "\(outcome)")
        let audit = try #require(report.audits.first)
        let isSeen = container.testDescription == "crun"
        #expect((audit["notes"] as? [String])?.contains { $0.contains("runc (pid ") } == !isSeen)
        #expect(try phase("steady", of: audit)["transfers"] as? Int == 99)
        #expect(try kernelTransfers(of: audit) == ["pwrite64": 100])
        let violations = try #require(audit["violations"] as? [[String: Any]])
        #expect(violations.allSatisfy { $0["thread"] as? String == "manager" }, "\(violations)")
        #expect(violations.filter { $0["kind"] as? String == "malloc" }.count == Int(program.status))
    }

    /// Each is a static program that a shell starts before the one that is clean.
    @Test(
        .enabled(if: isRoot && mayHavePrograms, "needs root for BPF programs: .ci/run is root"),
        arguments: [("static-true", [], Int32(0)), ("follows-cues-static", ["t1"], 2)])
    func aProgramThatIsNotObservedMayTransferNothing(unseen: (name: String, steps: [String], status: Int32)) throws {
        let data = scratch.file("data")
        let first = ([Place.fixture(unseen.name), data] + unseen.steps).joined(separator: " ")
        let (outcome, report) = try audit(
            ["sh", "-c", "\(first); \(Place.fixture("no-allocation-clean")) \(data); :"],
            options: ["--allow", "pageFaultMinor,pageFaultMajor"])
        #expect(outcome.status == unseen.status, "\(outcome)")
        let notes = try #require(report.audits.first?["notes"] as? [String])
        let isNoted = notes.contains {
            $0.hasPrefix("not observed, and transfers nothing: \(Place.fixture(unseen.name)) (pid ")
        }
        #expect(isNoted == (unseen.status == 0), "\(notes)")
    }

    /// The directory of the library is not in the new root: ld.so starts the program without it.
    @Test(
        .enabled(if: mayMakeUserNamespaces, needsUserNamespaces))
    func aRootWithoutTheLibraryIsNamedWithWhatToBind() throws {
        let merged = ["lib", "lib64", "bin"].flatMap { ["--symlink", "usr/\($0)", "/\($0)"] }
        let bare =
            ["bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr"] + merged + ["--bind", scratch.path, scratch.path]
        let program = scratch.file("program")
        try copyProgram(Place.fixture("no-allocation-clean"), to: program)
        let library = installation.scratch.file("lib/dioaudit")
        let (outcome, report) = try audit(
            bare + [program, scratch.file("data")], options: ["--allow", "pageFaultMinor,pageFaultMajor"],
            by: installation.dioaudit)
        #expect(outcome.status == 2, "\(outcome)")
        let words = "could not load the interposer, since \(library)/libdioaudit_preload.so is not to be read"
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(reasons.contains { $0.contains(words) }, "\(reasons)")
        #expect(outcome.said.contains("mount its directory there"), "\(outcome)")

        // One more thing is lacking, and then nothing.
        for (proc, status) in [([], 2), (["--proc", "/proc"], 0)] as [([String], Int32)] {
            let (bound, _) = try audit(
                bare + ["--ro-bind", library, library] + proc + [program, scratch.file("data")],
                options: ["--allow", "pageFaultMinor,pageFaultMajor"], by: installation.dioaudit)
            #expect(bound.status == status, "\(bound)")
            #expect(bound.said.contains("mount /proc where it runs") == (status == 2), "\(bound)")
        }
    }

    /// It closes what dioaudit left open for it, and so cannot ask.
    @Test(
        .enabled(if: mayMakeUserNamespaces, needsUserNamespaces))
    func whoCannotAskIsNoPass() throws {
        let close = "exec \(try installation.fixture("no-allocation-clean")) \(scratch.file("data"))"
        let shell = "for fd in $(ls /proc/self/fd); do test $fd -lt 1000 || eval \"exec $fd>&-\"; done; \(close)"
        let (outcome, report) = try audit(
            ["unshare", "--user", "--map-root-user", "--net", "bash", "-c", shell],
            options: ["--allow", "pageFaultMinor,pageFaultMajor"], by: installation.dioaudit)
        #expect(outcome.status != 0, "\(outcome)")
        #expect(report.verdict != "pass")
    }

    private func audited(
        _ way: String, _ fixture: String, _ options: [String] = [], isOrdinary: Bool
    ) throws -> StoredReport {
        let path = scratch.file("report.json")
        let words = way.split(separator: " ").map(String.init)
        let arguments =
            ["run", "--allow", "pageFaultMinor,pageFaultMajor"] + options + ["--format", "json=\(path)", "--"] + words
            + [try installation.fixture(fixture), scratch.file("data")]
        let outcome =
            isOrdinary
            ? try installation.runAsOrdinaryUser("umask 0", arguments) : try run([installation.dioaudit] + arguments)
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw Failure("\(outcome)") }
        return try StoredReport(text)
    }
}
