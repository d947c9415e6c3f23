import Foundation
import Testing

/// `--steady-from` and `--steady-to` on Tests/hostile/follows-cues.c, which says in its run where a cue has come.
@Suite struct SteadyCueTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private var ready: String { scratch.file("ready") }
    private var over: String { scratch.file("over") }
    private var byFiles: [String] { ["--steady-from", "file:\(ready)", "--steady-to", "file:\(over)"] }
    private let bySignals = ["--steady-from", "signal:USR1", "--steady-to", "signal:SIGUSR2"]

    private struct Cued {
        let outcome: Outcome
        let audit: [String: Any]

        func counts(_ kind: String) throws -> [Int] {
            try ["setup", "warmup", "steady", "teardown"].map {
                let phase = try phase($0, of: audit)
                if kind == "transfers" { return phase["transfers"] as? Int ?? -1 }
                return (phase["events"] as? [String: [String: Int]])?[kind]?["calls"] ?? 0
            }
        }

        var reasons: [String] { audit["reasons"] as? [String] ?? [] }
        var notes: [String] { audit["notes"] as? [String] ?? [] }
    }

    private func cued(
        _ steps: String, _ options: [String], allow: String = "faults", program: String = "follows-cues"
    ) throws -> Cued {
        let steps = steps.replacing("READY", with: ready).replacing("OVER", with: over)
        let (outcome, report) = try audit(
            [Place.fixture(program), scratch.file("data")] + steps.split(separator: " ").map(String.init),
            options: ["--allow", allow] + options)
        return Cued(outcome: outcome, audit: try #require(report.audits.first))
    }

    // MARK: the two edges

    @Test func aFileBeginsTheSteadyPhaseAndAnotherEndsIt() throws {
        let run = try cued("t5 m3 f:READY w1 m4 t6 m5 f:OVER w2 m6 t2 m7", byFiles)
        #expect(run.outcome.status == 1, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 5, 6, 2])
        #expect(try run.counts("malloc") == [0, 1, 2, 2])
        #expect(run.notes == ["the steady phase began by file:\(ready)", "the steady phase ended by file:\(over)"])
        #expect(run.reasons.count == 1, "\(run.reasons)")
    }

    /// They are not the program's own: it would die of them.
    @Test func aSignalDoesTheSame() throws {
        let run = try cued("t5 m3 u10 w1 t6 u12 w2 m6 t2 m7", bySignals)
        #expect(run.outcome.status == 0, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 5, 6, 2])
        #expect(try run.counts("malloc") == [0, 1, 0, 2])
    }

    /// The file's own warm-up holds until then.
    @Test func theEndAloneLeavesTheWarmUpToTheTransfers() throws {
        let run = try cued("t5 u12 w2 m5 t3", ["--steady-to", "signal:USR2"])
        #expect(run.outcome.status == 0, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 1, 4, 3] && run.counts("malloc") == [0, 0, 0, 1])
    }

    @Test func aFileThatIsOpenedLaterHasNoWarmUp() throws {
        let run = try cued("t5 u10 w1 o t1 c t1", ["--steady-from", "signal:USR1"])
        #expect(run.outcome.status == 0, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 5, 2, 0])
    }

    /// Told while no file was open.
    @Test func anInterludeDoesNotHideIt() throws {
        let run = try cued("t5 m3 c u10 w1 o m9 t6", ["--steady-from", "signal:USR1"])
        #expect(run.outcome.status == 1, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 5, 6, 0] && run.counts("malloc") == [0, 1, 1, 0])
    }

    // MARK: other processes

    @Test func whatBeginsLaterIsSteadyFromItsFirstTransfer() throws {
        for how in ["fork", "exec"] {
            let run = try cued("t5 u10 w1 t6 \(how) m5 t3 m7 t1", ["--steady-from", "signal:USR1"])
            #expect(run.outcome.status == 1, "\(how): \(run.outcome)")
            #expect(try run.counts("transfers") == [0, 5, 10, 0], "\(how)")
            #expect(try run.counts("malloc") == [1, 0, 1, 0], "\(how)")
        }
    }

    @Test func aProcessThatTransferredBeforeOnlyIsNoPass() throws {
        let run = try cued("t5 fork u10 w1 t6", ["--steady-from", "signal:USR1"])
        #expect(run.outcome.status == 2, "\(run.outcome)")
        #expect(run.reasons.contains { $0.contains("did 5 transfers and never reached its steady phase") })
    }

    @Test func whoStartsAfterTheEndIsNoPass() throws {
        let run = try cued("t1 u10 w1 t6 u12 w2 fork m3 t5 m4 t1", bySignals)
        #expect(run.outcome.status == 2, "\(run.outcome)")
        #expect(try run.counts("malloc")[2] == 0)
        #expect(run.reasons.contains { $0.contains("transfers and never reached its steady phase") }, "\(run.reasons)")
    }

    /// What it has at its end only the kernel's records tell.
    @Test func whoIsKilledIsAPassForRootAlone() throws {
        let run = try cued(
            "t5 u10 w1 t6 kill", ["--steady-from", "signal:USR1", "--expect-exit", "137"], allow: "free")
        #expect(run.outcome.status == (isRoot ? 0 : 2), "\(run.outcome)")
        #expect(
            run.reasons.contains { $0.contains("it ended within that phase, without exit") } == !isRoot,
            "\(run.reasons)")
    }

    // MARK: cues that do not come, or not as they must

    @Test func withoutItThereIsNoPass() throws {
        for (option, words) in [
            ("signal:USR1", "no SIGUSR1 came to dioaudit while the program ran"),
            ("file:\(ready)", "\(ready) did not appear while the program ran"),
        ] {
            let run = try cued("t5 m3 t9", ["--steady-from", option])
            #expect(run.outcome.status == 2, "\(run.outcome)")
            #expect(try run.counts("transfers") == [0, 14, 0, 0])
            #expect(run.reasons.contains { $0.hasPrefix("the steady phase did not begin: ") && $0.contains(words) })
        }
    }

    /// More was judged than was asked for.
    @Test func withoutAnEndItIsSaid() throws {
        let run = try cued("t5 u10 w1 t6", bySignals)
        #expect(run.outcome.status == 0, "\(run.outcome)")
        #expect(run.notes.contains { $0.hasPrefix("the steady phase was not ended by --steady-to: no SIGUSR2 came") })
    }

    @Test func anEndBeforeTheBeginningIsNone() throws {
        let run = try cued("t5 u12 g12 t5 u10 w1 t6", bySignals)
        #expect(run.outcome.status == 0, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 10, 6, 0])
    }

    @Test func aFileOfTheEndThatIsMadeBeforeIsNoPass() throws {
        let run = try cued("t5 f:OVER f:READY w2 t6", byFiles)
        #expect(run.outcome.status == 2, "\(run.outcome)")
        #expect(try run.counts("transfers")[2] == 0)
    }

    /// A link to nowhere is there all the same, and is not followed.
    @Test func aLinkIsThereToo() throws {
        let run = try cued("t5 l:READY w1 t6", ["--steady-from", "file:\(ready)"])
        #expect(run.outcome.status == 0, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 5, 6, 0])
    }

    @Test func aFileThatIsThereIsRefused() throws {
        _ = FileManager.default.createFile(atPath: ready, contents: nil)
        for option in ["--steady-from", "--steady-to"] {
            let outcome = try EndToEndTests.run([Place.dioaudit, "run", option, "file:\(ready)", "--", "touch", over])
            #expect(outcome.status == 64, "\(outcome)")
            #expect(outcome.errors.contains("\(option) file:\(ready): the file is there already"), "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: over), "the program was started")
        }
    }

    @Test(.enabled(if: isRoot, "needs root to be another user: .ci/run is root"))
    func aFileThatAnotherUserHasPutThereIsNotTaken() throws {
        let script =
            "setpriv --reuid 1234 --clear-groups touch \(ready); exec \(Place.fixture("follows-cues")) $0 t5 w1"
        let (outcome, report) = try audit(
            ["sh", "-c", script, scratch.file("data")],
            options: ["--allow", "faults", "--steady-from", "file:\(ready)", "--timeout", "1s"])
        #expect(outcome.status == 3, "\(outcome)")
        let reasons = report.audits.first?["reasons"] as? [String] ?? []
        #expect(reasons.contains { $0.contains("user 1234 has put \(ready) into a directory where all may write") })
    }

    @Test func anIgnoredSignalIsRefused() throws {
        let command = "trap '' USR1; exec \(Place.dioaudit) run --steady-from signal:USR1 -- true"
        let outcome = try EndToEndTests.run(["sh", "-c", command])
        #expect(outcome.status == 64 && outcome.errors.contains("SIGUSR1 ignored"), "\(outcome)")
    }

    @Test func aProgramThatWritesThereItselfIsNoPass() throws {
        let run = try cued("t5 say1 t6", ["--steady-from", "file:\(ready)"])
        #expect(run.outcome.status == 2, "\(run.outcome)")
        #expect(run.reasons.contains { $0.contains("the program changed what dioaudit had said") }, "\(run.reasons)")
    }

    /// Its markers say something else than what was asked for.
    @Test func aProgramThatNamesItsPhasesIsNoPass() throws {
        let (outcome, report) = try audit(
            [Place.fixture("marker-phases"), scratch.file("data")],
            options: ["--allow", "all", "--steady-to", "signal:USR2"])
        #expect(outcome.status == 2, "\(outcome)")
        let reasons = report.audits.first?["reasons"] as? [String] ?? []
        #expect(
            reasons.contains {
                $0.contains("names its phases itself (dioaudit_phase), and does not follow --steady-to")
            })
    }

    // MARK: phases by the kernel's transfers

    @Test(.enabled(if: isRoot && mayHavePrograms, "needs root for BPF programs: .ci/run is root"))
    func aStaticProgramFollowsToo() throws {
        let run = try cued(
            "t5 p1 u10 w1 p2 t6 u12 w2 p3 t2", bySignals, allow: "heap", program: "follows-cues-static")
        #expect(run.outcome.status == 1, "\(run.outcome)")
        #expect(try run.counts("transfers") == [0, 5, 6, 2])
        #expect(try run.counts("syscallMmap").dropFirst() == [1, 1, 1])
        // Or more: the kernel may drop the program's code from memory meanwhile.
        let faults = try run.counts("pageFaultMinor")[2]
        #expect(faults >= 2, "\(faults)")
        let early = try cued(
            "t5 p1 u12 t6", ["--steady-from", "signal:USR1"], allow: "heap", program: "follows-cues-static")
        #expect(early.outcome.status == 2, "\(early.outcome)")
        #expect(try early.counts("transfers") == [0, 11, 0, 0])
    }

    /// Of its transfers the interposer sees some.
    @Test(.enabled(if: isRoot && mayHavePrograms, "needs root for BPF programs: .ci/run is root"))
    func aProgramThatIsSeenInPartFollowsToo() throws {
        let run = try cued("t5 x5 u10 w1 x2 t6 p2 x3 u12 w2 p1 t2", bySignals)
        #expect(run.outcome.status == 1, "\(run.outcome)")
        #expect(run.audit["phasesFoundBy"] as? String == "kernel")
        #expect(try run.counts("transfers") == [0, 10, 11, 2])
        #expect(try run.counts("syscallMmap")[2] == 1)
    }
}
