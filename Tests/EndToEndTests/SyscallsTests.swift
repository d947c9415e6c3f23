import Foundation
import Testing

/// The kernel's own count of what is mapped, against those who know it otherwise.
@Suite struct SyscallsTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func witness(_ report: StoredReport) throws -> [String: Any] {
        let witnesses = try #require(report.audits.first?["witnesses"] as? [String: [String: Any]])
        return try #require(witnesses["syscalls"])
    }

    // MARK: who may look, and how

    @Test(.enabled(if: isRoot, "needs root")) func rootLooksByPerf() throws {
        let (_, report) = try audit([Place.fixture("no-allocation-clean"), scratch.file("data")])
        #expect(try witness(report)["status"] as? String == "active")
        #expect(try witness(report)["method"] as? String == "perf")
    }

    /// By perf's own records where kernel.perf_event_paranoid allows that, else by seccomp; or as asked.
    @Test(arguments: ["auto", "seccomp"]) func anOrdinaryUserLooks(method: String) throws {
        let installation = try Installation()
        let path = scratch.file("report.json")
        let outcome = try installation.runAsOrdinaryUser(
            "umask 0",
            ["run", "--syscalls", method, "--format", "json=\(path)", "--"]
                + [
                    "dd", "if=/dev/zero", "of=\(scratch.file("data"))", "bs=4k", "count=10", "oflag=direct",
                    "status=none",
                ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try StoredReport(String(contentsOfFile: path, encoding: .utf8))
        let found = try witness(report)
        #expect(found["status"] as? String == "active")
        let expected = method == "seccomp" || !everybodyMayUsePerf ? ["seccomp"] : ["perf", "perf-mappings"]
        #expect(expected.contains(found["method"] as? String ?? ""))
    }

    private static let tracefs = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/format"

    @Test(
        .enabled(
            if: !succeedsAsOrdinaryUser(["test", "-r", tracefs]), "root has lent tracefs to everybody: it is there"))
    func whatIsAskedForByNameAndNotThereIsNoPass() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser(
            "true",
            ["run", "--syscalls", "perf", "--"]
                + [
                    "dd", "if=/dev/zero", "of=\(scratch.file("data"))", "bs=4k", "count=10", "oflag=direct",
                    "status=none",
                ])
        #expect(outcome.status == 2)
        let said = outcome.errors.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(said.contains("the syscalls witness is asked for: "))
        #expect(
            said.contains(/tracefs is not mounted|the format of raw_syscalls:sys_enter is not to be read/), "\(said)")
    }

    /// Of an advice the kernel's filter asks which it is.
    @Test func seccompStopsAtNoOtherAdvice() throws {
        let (outcome, report) = try audit(
            [Place.fixture("advises-by-instruction"), scratch.file("data")], options: ["--syscalls", "seccomp"])
        #expect(outcome.status == 2, "\(outcome.errors)")
        let run = try Run(report)
        #expect(run.reasons.contains { $0.contains("2 times (MADV_COLLAPSE)") }, "\(run.reasons)")
    }

    /// A timer whose handler has no SA_RESTART, while the heap grows by brk: a call that was interrupted would be the end.
    @Test(.enabled(if: everybodyMayUsePerf, "seccomp lets signals interrupt calls (docs/syscalls.md)"))
    func signalsInterruptNothing() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser(
            "true", ["run", "--quiet", "--", installation.fixture("grows-under-signals")])
        #expect(outcome.output == "grew\n", "\(outcome.errors)")
    }

    @Test(.enabled(if: isRoot, "needs root")) func aSetUidProgramThatLosesItsPrivilegesIsNoPass() throws {
        let installation = try Installation()
        let program = scratch.file("set-uid")
        try copyProgram("/usr/bin/id", to: program)
        #expect(chmod(program, 0o4755) == 0)
        let bySeccomp = try installation.runAsOrdinaryUser(
            "true", ["run", "--syscalls", "seccomp", "--", program, "-u"])
        #expect(bySeccomp.output == "65534\n")
        #expect(bySeccomp.said.contains("ran without them: seccomp takes no_new_privs"))
        let byItself = try installation.runAsOrdinaryUser("true", ["run", "--", program, "-u"])
        #expect(byItself.output == (everybodyMayUsePerf ? "0\n" : "65534\n"), "\(byItself.errors)")
        #expect(byItself.said.contains("ran without them: seccomp takes no_new_privs") != everybodyMayUsePerf)
    }

    @Test func whatDoesNotLookIsSaid() throws {
        let command = [Place.fixture("no-allocation-clean"), scratch.file("data")]
        let (judging, _) = try audit(command, options: ["--syscalls", "off"])
        #expect(judging.status == 2, "\(judging)")
        #expect(judging.said.contains("no witness of the kernel's side watched them: --syscalls off"))
        let (outcome, report) = try audit(command, options: ["--syscalls", "off", "--allow", "mappings"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try witness(report)["status"] as? String == "unavailable")
        #expect(outcome.said.contains("; syscalls unavailable (--syscalls off); "))
    }

    @Test func whereNothingMayLookMappingsAreNotJudged() throws {
        let installation = try Installation()
        func run(_ options: [String]) throws -> Outcome {
            let command = try [installation.fixture("no-allocation-clean"), scratch.file("data")]
            return try EndToEndTests.run(
                [Place.fixture("refuses-watchers"), installation.dioaudit, "run"] + options + ["--"] + command)
        }
        let judging = try run([])
        #expect(judging.status == 2, "\(judging)")
        #expect(judging.said.contains("no witness of the kernel's side watched them: seccomp"))
        #expect(try run(["--allow", "mappings"]).status == 0)
    }

    @Test func nothingStaysMounted() throws {
        let before = try procFile("self/mounts")
        _ = try audit([Place.fixture("no-allocation-clean"), scratch.file("data")])
        #expect(try procFile("self/mounts") == before)
    }

    // MARK: against strace

    @Test(arguments: isRoot ? ["perf", "seccomp"] : ["seccomp"])
    func aStaticProgramIsCountedAsStraceCountsIt(method: String) throws {
        let program = Place.fixture("static-maps")
        let traced = try run([
            "strace", "-f", "-e", "trace=mmap,munmap,mremap,brk", "-o", scratch.file("strace"), program,
        ])
        #expect(traced.status == 0, "\(traced.errors)")
        let lines = try String(contentsOfFile: scratch.file("strace"), encoding: .utf8).split(separator: "\n")
        let counted = { (call: String) in UInt64(lines.count { $0.contains(" \(call)(") && !$0.contains("brk(NULL)") })
        }
        let (outcome, report) = try audit([program], options: ["--syscalls", method])
        #expect(outcome.status == 2)
        let processes = try #require(report.audits.first?["processes"] as? [[String: Any]])
        let process = try #require(processes.first)
        #expect(process["observed"] as? Bool == false)
        #expect((process["whyUnobserved"] as? String ?? "").contains("static"))
        let setup = try #require((process["phases"] as? [[String: Any]])?.first)
        let events = try #require(setup["events"] as? [String: [String: UInt64]])
        #expect(events["syscallMmap"]?["calls"] == counted("mmap"))
        #expect(events["syscallMunmap"]?["calls"] == counted("munmap"))
        #expect(events["syscallMremap"]?["calls"] == counted("mremap"))
        #expect(events["syscallBrk"]?["calls"] == counted("brk"))
        #expect(counted("mmap") >= 21)
        #expect(outcome.said.contains("seen by the kernel only, \(program) (pid"), "\(outcome.errors)")
        #expect(outcome.said.contains(": syscallMmap \(counted("mmap")) ("), "\(outcome.errors)")
    }

    // MARK: 32-bit code

    /// Without BTF there are perf events in place of BPF programs; only this test sees it so.
    static let withoutBTF =
        withOwnMounts + ["sh", "-c", "mount --bind /dev/null /sys/kernel/btf/vmlinux; exec \"$@\"", "sh"]

    @Test(arguments: isRoot ? ["programs", "events", "seccomp"] : ["seccomp"])
    func aCallIsReadByItsOwnABI(way: String) throws {
        let steady = try phase("steady", of: #require(callByInt80(way).audits.first))
        let events = try #require(steady["events"] as? [String: [String: Int]])
        #expect(events["syscallMmap"] == ["calls": 4, "bytes": 12288], "\(events)")
        #expect(events["syscallMunmap"] == ["calls": 3, "bytes": 12288], "\(events)")
        #expect(events["syscallBrk"]?["calls"] == 0)
    }

    /// perf's record has the arguments and the registers, and both ABIs' registers may hold the same.
    @Test(arguments: isRoot ? ["programs", "events", "seccomp"] : ["seccomp"])
    func aCallThatMayBeOfEitherABIIsNoZero(way: String) throws {
        let report = try callByInt80(way, "ambiguously")
        let found = try witness(report)
        #expect(found["status"] as? String == (way == "events" ? "partial" : "active"), "\(found)")
        let reason = "7 system calls may have been 32-bit code's or 64-bit code's"
        #expect((found["reason"] as? String)?.hasPrefix(reason) == (way == "events" ? true : nil), "\(found)")
        let steady = try phase("steady", of: #require(report.audits.first))
        #expect((steady["events"] as? [String: [String: Int]])?["syscallMmap"]?["calls"] == 4)
    }

    private func callByInt80(_ way: String, _ arguments: String...) throws -> StoredReport {
        let path = scratch.file("report.json")
        let outcome = try run(
            (way == "events" ? Self.withoutBTF : []) + [Place.dioaudit, "run", "--quiet"]
                + (way == "seccomp" ? ["--syscalls", "seccomp"] : [])
                + ["--format", "json=\(path)", "--", Place.fixture("maps-by-int80"), scratch.file("data")] + arguments)
        let report = try StoredReport(String(contentsOfFile: path, encoding: .utf8))
        let found = try witness(report)
        let tracing = ["programs": mayHavePrograms ? "bpf-programs" : "perf-events", "events": "perf-events"][way]
        #expect(found["tracing"] as? String == tracing, "\(found), \(outcome.errors)")
        return report
    }

    // MARK: those that outlive dioaudit

    @Test(arguments: ["seccomp", "auto"]) func aProcessThatOutlivesItWorksOn(method: String) throws {
        let signal = scratch.file("signal")
        try "".write(toFile: signal, atomically: false, encoding: .utf8)
        let (outcome, _) = try audit(
            [Place.fixture("outlives"), scratch.file("data"), signal],
            options: ["--syscalls", method, "--wait", "50ms"])
        #expect(outcome.said.contains("still run"))
        try FileManager.default.removeItem(atPath: signal)
        let said = { (try? String(contentsOfFile: signal, encoding: .utf8)) ?? "" }
        try wait(for: "the process that dioaudit left behind") { said().count >= 5 }
        #expect(said() == "works")
    }
}

/// Else `--syscalls auto` takes seccomp for an ordinary user, and `attach` shows nothing.
let everybodyMayUsePerf: Bool = {
    let value = try? procFile("sys/kernel/perf_event_paranoid")
    return (value?.trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { Int($0) }.map { $0 <= 2 } ?? false
}()
