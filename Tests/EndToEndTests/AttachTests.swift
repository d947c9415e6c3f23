import Foundation
import Testing

/// `dioaudit attach` on Fixtures/daemon-on-demand.c, which does a known number of things when it is told to.
@Suite(.serialized) struct AttachTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// What each thread does for each line; the fixture's code says so.
    private static let heapCalls = [
        "malloc": 10, "calloc": 1, "realloc": 11, "reallocarray": 1, "free": 14, "posixMemalign": 1, "alignedAlloc": 1,
    ]
    private static let heapBytes = [
        "malloc": 320, "calloc": 48, "realloc": 664, "reallocarray": 64, "posixMemalign": 128, "alignedAlloc": 256,
    ]

    // MARK: counts

    @Test(
        .enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"), arguments: [[], ["threads"]])
    func countsAreWhatItDid(arguments: [String]) throws {
        let daemon = try Daemon(arguments)
        let report = try attach(to: daemon, lines: 5)
        let audit = try #require(report.audits.first)
        let steady = try phase("steady", of: audit)
        let events = try #require(steady["events"] as? [String: [String: Any]])
        let allocators = arguments.isEmpty ? 10 : 15
        for (kind, calls) in Self.heapCalls {
            // libc frees what a thread that ends has cached.
            if kind == "free", !arguments.isEmpty { continue }
            #expect(events[kind]?["calls"] as? Int == calls * allocators, "\(kind)")
            if let bytes = Self.heapBytes[kind] {
                #expect(events[kind]?["bytes"] as? Int == bytes * allocators, "\(kind)")
            }
        }
        guard arguments.isEmpty else { return }
        #expect(events["syscallMmap"]?["calls"] as? Int == 10)
        #expect(events["syscallMunmap"]?["calls"] as? Int == 10)
        #expect(events["pageFaultMinor"]?["calls"] as? Int == 80)
        #expect(report.verdict == "fail")
        let violations = try #require(audit["violations"] as? [[String: Any]])
        let fault = try #require(violations.first { $0["kind"] as? String == "pageFaultMinor" })
        #expect(fault["calls"] as? Int == 40 && fault["memory"] as? String == "//anon")
        #expect((fault["stack"] as? [[String: Any]])?.first?["function"] as? String == "map_and_touch")
        let malloc = try #require(violations.first { $0["kind"] as? String == "malloc" })
        #expect((malloc["stack"] as? [[String: Any]])?.first?["function"] as? String == "allocate")
        let kernel = try #require(steady["kernel"] as? [[String: Any]])
        let pages = kernel.filter {
            $0["kind"] as? String == "pageAlloc" && ($0["gfp"] as? String ?? "").contains("MOVABLE")
        }
        #expect(pages.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) } == 80, "\(kernel)")
        #expect(!kernel.contains { ($0["site"] as? String ?? "").contains("xol") }, "\(kernel)")
    }

    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"))
    func aThreadsNameChoosesIt() throws {
        let report = try attach(to: Daemon([]), lines: 5, options: ["--scope", "thread:work*"])
        let violations = try #require(report.audits.first?["violations"] as? [[String: Any]])
        #expect(!violations.isEmpty && violations.allSatisfy { $0["thread"] as? String == "worker" }, "\(violations)")
        let mallocs = violations.filter { $0["kind"] as? String == "malloc" }
        #expect(mallocs.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) } == 50)
        let faults = violations.filter { $0["kind"] as? String == "pageFaultMinor" }
        #expect(faults.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) } == 40)
    }

    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"))
    func whoDoesNothingStillDoesNotPass() throws {
        let report = try attach(to: Daemon([]), lines: 0)
        #expect(report.verdict == "inconclusive")
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(reasons == ["the steady phase holds 0 transfers, and 1 or more are required"])
    }

    /// Audio and real-time code, which has no file.
    @Test(
        .enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"), arguments: [0, 5])
    func whoHasNoFileMayPassWithoutTransfers(lines: Int) throws {
        let daemon = try Daemon([])
        let report = try attach(
            to: daemon, lines: lines, options: ["--min-ios", "0", "--allow", "pagesUnexplained"])
        #expect(report.verdict == (lines == 0 ? "pass" : "fail"), "\(report.audits.first?["reasons"] ?? "")")
        let strict = try attach(to: daemon, lines: 0, options: ["--min-ios", "0"])
        let reasons = try #require(strict.audits.first?["reasons"] as? [String])
        #expect(strict.verdict == "inconclusive" && reasons.count == 1, "\(reasons)")
        #expect(reasons.first?.hasSuffix("from its first transfer on, and it made none") ?? false, "\(reasons)")
    }

    @Test(
        .enabled(if: isRoot, "needs root for tracepoints, uprobes and BPF programs: .ci/run is root"),
        arguments: countsResidentPages ? [false, true] : [true])
    func whoTransfersPassesUnlessItAllocates(allocates: Bool) throws {
        let daemon = try Daemon([scratch.file("data")] + (allocates ? ["allocates"] : []), of: "daemon-transfers")
        let report = try attach(to: daemon, lines: 5)
        let audit = try #require(report.audits.first)
        #expect(report.verdict == (allocates ? "fail" : "pass"), "\(audit["reasons"] ?? "")")
        let steady = try phase("steady", of: audit)
        #expect(steady["transfers"] as? Int == 50)
        #expect(audit["phasesFoundBy"] as? String == "kernel")
        let events = try #require(steady["events"] as? [String: [String: Any]])
        #expect(events["malloc"]?["calls"] as? Int == (allocates ? 50 : 0))
    }

    @Test(.enabled(if: isRoot && !countsResidentPages, "needs root, and a kernel before Linux 6.2"))
    func whoseResidentPagesAreUnknownDoesNotPass() throws {
        let report = try attach(to: Daemon([scratch.file("data")], of: "daemon-transfers"), lines: 5)
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(report.verdict == "inconclusive" && reasons.count == 1, "\(reasons)")
        #expect(reasons.first?.contains("in another shape, as before Linux 6.2") ?? false, "\(reasons)")
    }

    /// Its children allocate, whom no probe is told of.
    @Test(
        .enabled(if: isRoot, "needs root for tracepoints, uprobes and BPF programs: .ci/run is root"),
        arguments: ["forks", "vforks", "clones"])
    func whatChildrenDoIsNotPassed(how: String) throws {
        let daemon = try Daemon([scratch.file("data"), how], of: "daemon-with-others")
        let report = try attach(to: daemon, lines: 5, options: ["--allow", "faults"])
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(report.verdict == "inconclusive" && reasons.count == 1, "\(reasons)")
        let told = try #require(
            reasons.first?.wholeMatch(
                of: #/it started 5 processes \(the first: ([0-9]+)\) while it was watched, whose .*/#), "\(reasons)")
        #expect(Int32(told.1)! > daemon.pid)
        let idle = try attach(to: daemon, lines: 0, options: ["--allow", "faults"])
        let idleReasons = try #require(idle.audits.first?["reasons"] as? [String])
        #expect(!idleReasons.contains { $0.contains("started") }, "\(idleReasons)")
    }

    @Test(
        .enabled(if: isRoot, "needs root for tracepoints, uprobes and BPF programs: .ci/run is root"),
        .enabled(if: countsResidentPages, needsResidentPages))
    func whoSharedItsMemoryBeforeIsNamed() throws {
        let daemon = try Daemon([scratch.file("data"), "shared"], of: "daemon-with-others")
        let sharer = try procFile("\(daemon.pid)/task/\(daemon.pid)/children")
        let report = try attach(to: daemon, lines: 5)
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(report.verdict == "inconclusive" && reasons.count == 1, "\(reasons)")
        #expect(
            reasons.first?.hasPrefix(
                "process \(sharer.trimmingCharacters(in: .whitespaces)) shared its memory (CLONE_VM)")
                ?? false, "\(reasons)")
        let allowed = try attach(to: daemon, lines: 5, options: ["--allow", "all"])
        #expect(allowed.verdict == "pass", "\(allowed.audits.first?["reasons"] ?? "")")
    }

    @Test(
        .enabled(if: isRoot, "needs root for tracepoints, uprobes and BPF programs: .ci/run is root"),
        .enabled(if: countsResidentPages, needsResidentPages),
        arguments: ["libccopy.so", "copy/libc.so.6"])
    func anotherLibcIsNamed(as name: String) throws {
        let libc = try #require(
            try procFile("self/maps").split(separator: "\n")
                .first { $0.hasSuffix("/libc.so.6") }?.split(separator: " ").last.map(String.init))
        try FileManager.default.createDirectory(atPath: scratch.file("copy"), withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            at: URL(filePath: libc).resolvingSymlinksInPath(), to: URL(filePath: scratch.file(name)))
        let daemon = try Daemon([scratch.file("data"), "loads", scratch.file(name)], of: "daemon-with-others")
        let report = try attach(to: daemon, lines: 5)
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(report.verdict == "inconclusive" && reasons.count == 1, "\(reasons)")
        #expect(
            reasons.first?.wholeMatch(of: #/its heap calls are not seen: .*libc.* has a malloc of its own/#) != nil,
            "\(reasons)")
        let allowed = try attach(to: daemon, lines: 5, options: ["--allow", "heap"])
        #expect(allowed.verdict == "pass", "\(allowed.audits.first?["reasons"] ?? "")")
    }

    /// The lines of docs/attach.md come in that order, with other numbers of processes, times, addresses and columns.
    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"))
    func itPrintsWhatThePageShows() throws {
        let page = try String(contentsOfFile: Place.repository + "docs/attach.md", encoding: .utf8)
        let block = try #require(page.components(separatedBy: "```\n$ dioaudit attach --pid ").dropFirst().first)
        let shown = try #require(block.components(separatedBy: "```").first).split(separator: "\n").dropFirst(2)
        let text = scratch.file("text")
        _ = try attach(
            to: Daemon([]), lines: 5, options: ["--scope", "thread:worker", "--format", "text=\(text)"])
        var printed = try comparable(String(contentsOfFile: text, encoding: .utf8).split(separator: "\n"))[...]
        let expected = comparable(shown.filter { $0.wholeMatch(of: #/ *…/#) == nil })
        #expect(expected.count >= 25)
        for line in expected {
            let place = printed.firstIndex(of: line)
            #expect(place != nil, "'\(line)' is not in order in:\n\(printed.joined(separator: "\n"))")
            if let place { printed = printed[(place + 1)...] }
        }
    }

    private func comparable(_ lines: [Substring]) -> [String] {
        lines.map { line in
            line.replacing(/pid [0-9]+/, with: "PID").replacing(/\([0-9]+\), PID/, with: "PID")
                .replacing(/0x[0-9a-f]+/, with: "ADDRESS").replacing(/[0-9.]+ (ms|s)\b/, with: "TIME")
                .split(separator: " ").joined(separator: " ")
        }
    }

    /// dioaudit sleeps between records, also once the thread that it opened its events on first is no more.
    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"))
    func theMainThreadMayEnd() throws {
        let daemon = try Daemon(["leaves"])
        let report = try attach(to: daemon, lines: 5) { dioaudit in
            try wait(for: "dioaudit's sleep") {
                (try? procFile("\(dioaudit)/stat"))?.contains(") S ") ?? false
            }
        }
        let violations = try #require(report.audits.first?["violations"] as? [[String: Any]])
        for thread in ["worker", "heir"] {
            let mallocs = violations.filter { $0["kind"] as? String == "malloc" && $0["thread"] as? String == thread }
            #expect(mallocs.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) } == 50, "\(thread): \(violations)")
        }
    }

    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"))
    func theMainThreadMayHaveEndedBefore() throws {
        let daemon = try Daemon(["leaves"])
        try daemon.work()
        let report = try attach(to: daemon, lines: 5)
        let steady = try phase("steady", of: #require(report.audits.first))
        let events = try #require(steady["events"] as? [String: [String: Any]])
        #expect(events["malloc"]?["calls"] as? Int == 100)
    }

    // MARK: the daemon

    @Test(
        .enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"), arguments: [SIGINT, SIGKILL])
    func theDaemonGoesOnAsItWas(signal: Int32) throws {
        let daemon = try Daemon([])
        let before = try daemon.codeOfMalloc()
        var pid: Int32 = 0
        _ = try attach(to: daemon, lines: 2, endedBy: signal) { dioaudit in
            pid = dioaudit
            let meanwhile = try daemon.codeOfMalloc()
            #expect(meanwhile != before, "there are breakpoints while it is watched")
        }
        try wait(for: "the breakpoints' end") { (try? daemon.codeOfMalloc()) == before }
        try daemon.work()
        // What a SIGKILL leaves in the kernel's list of uprobes, the next start takes away.
        #expect(try run([Place.dioaudit, "run", "--kernel", "off", "--", "true"]).status == 2)
        let list = try run(
            withOwnMounts + [
                "sh", "-ec",
                "[ -e /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing; "
                    + "cat /sys/kernel/tracing/uprobe_events",
            ])
        #expect(list.status == 0 && !list.output.contains("dioaudit_\(pid)/"), "\(list)")
    }

    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root"))
    func withoutProbesItsCodeIsLeftAlone() throws {
        let daemon = try Daemon([])
        let before = try daemon.codeOfMalloc()
        let report = try attach(to: daemon, lines: 2, options: ["--no-heap"]) { _ in
            let meanwhile = try daemon.codeOfMalloc()
            #expect(meanwhile == before)
        }
        let audit = try #require(report.audits.first)
        let reasons = try #require(audit["reasons"] as? [String])
        #expect(reasons.contains("its heap calls are not seen: --no-heap"))
        let events = try #require(phase("steady", of: audit)["events"] as? [String: [String: Any]])
        #expect(events["malloc"]?["calls"] as? Int == 0 && events["pageFaultMinor"]?["calls"] as? Int == 32)
    }

    @Test(.enabled(if: isRoot, "needs root for tracepoints and uprobes: .ci/run is root")) func itsEndIsSaid() throws {
        let daemon = try Daemon([])
        let report = try attach(to: daemon, lines: 1, endedBy: nil) { _ in daemon.end() }
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(reasons.contains("it ended while it was watched"), "\(reasons)")
    }

    // MARK: what cannot be

    @Test func anOrdinaryUserSeesWhatHeMay() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser(
            "sleep 30 & trap 'kill $!' EXIT; set -- attach --pid $! --duration 100ms; set +e; "
                + "\(installation.dioaudit) \"$@\"; exit", [])
        guard everybodyMayUsePerf else {
            #expect(outcome.status == 64 && outcome.said.contains("nothing of it can be watched: "), "\(outcome)")
            return
        }
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(outcome.output.contains("page faults: 0/0"), "\(outcome.output)")
        #expect(outcome.output.contains("its heap calls are not seen: "))
        #expect(outcome.output.contains("its transfers are not seen: "))
        #expect(outcome.output.contains("heap calls: not watched: "), "\(outcome.output)")
        #expect(outcome.output.contains("kernel allocations: not watched: "), "\(outcome.output)")
        #expect(outcome.output.contains("mapping calls: none seen (of mmap and brk; others are not watched)"))
    }

    /// The duration ends a test that would hang.
    @Test func whatMayNotBeWatchedIsNotWatched() throws {
        let installation = try Installation()
        for (pid, words) in [
            ("1", "it is a process of uid 0, which uid \(isRoot ? 65534 : getuid()) may not look into"),
            ("2", "a kernel thread"),
        ] {
            let outcome = try installation.runAsOrdinaryUser("true", ["attach", "--pid", pid, "--duration", "2s"])
            #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome)")
            #expect(!outcome.errors.contains("watching") && outcome.output.isEmpty, "\(outcome)")
        }
    }

    @Test func whoHidesItsMemoryIsNotWatched() throws {
        let hidden = "import ctypes, time; ctypes.CDLL(None).prctl(4, 0); print('hidden', flush=True); time.sleep(30)"
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser(
            "mkfifo \(scratch.file("said")); python3 -c \"\(hidden)\" > \(scratch.file("said")) & trap 'kill $!' EXIT; "
                + "read line < \(scratch.file("said")); "
                + "\(installation.scratch.file("bin/dioaudit")) attach --pid $! --duration 2s; exit", [])
        #expect(outcome.status == 64 && outcome.errors.contains("hides its memory (PR_SET_DUMPABLE)"), "\(outcome)")
    }

    @Test func whatIsDeadIsUsage() throws {
        let zombie =
            "import os, subprocess, sys\npid = os.fork()\nif pid == 0: os._exit(0)\n"
            + "os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)\nsys.exit(subprocess.call(sys.argv[1:] + [str(pid)]))"
        let outcome = try run(["python3", "-c", zombie, Place.dioaudit, "attach", "--duration", "2s", "--pid"])
        #expect(outcome.status == 64 && outcome.errors.contains("it has ended"), "\(outcome)")
    }

    @Test func whatIsNoProcessIsUsage() throws {
        for (pid, words) in [
            ("2147483646", "No such process"), ("2", "a kernel thread"),
        ] {
            let outcome = try run([Place.dioaudit, "attach", "--pid", pid, "--duration", "2s"])
            #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
        }
        let outcome = try run([Place.dioaudit, "attach", "--pid", "1", "--scope", "io-threads"])
        #expect(outcome.status == 64 && outcome.errors.contains("attach does not see transfers"))
    }

    /// - Parameter meanwhile: is done while it is watched, after the lines.
    private func attach(
        to daemon: Daemon, lines: Int, options: [String] = [], endedBy signal: Int32? = SIGINT,
        meanwhile: (_ dioaudit: Int32) throws -> Void = { _ in }
    ) throws -> StoredReport {
        let (report, errors) = (scratch.file("report.json"), scratch.file("errors"))
        let command = [Place.dioaudit, "attach", "--pid", "\(daemon.pid)", "--format", "json=\(report)"] + options
        try? FileManager.default.removeItem(atPath: errors)
        let outcome = try run(["sh", "-c", "exec \"$@\" 2> \(errors)", "sh"] + command) { dioaudit in
            try wait(for: "its watching") {
                ((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "").contains("Ctrl-C ends it")
            }
            for _ in 0..<lines { try daemon.work() }
            try meanwhile(dioaudit.processIdentifier)
            if let signal { kill(dioaudit.processIdentifier, signal) }
        }
        if signal == SIGKILL { return try StoredReport("{}") }
        #expect([0, 1, 2].contains(outcome.status), "\(outcome)")
        return try StoredReport(String(contentsOfFile: report, encoding: .utf8))
    }
}

/// The fixture as it waits for lines.
private final class Daemon {
    private let process = Process()
    private let lines = Pipe()
    private let answers = Pipe()
    var pid: Int32 { process.processIdentifier }

    init(_ arguments: [String], of fixture: String = "daemon-on-demand") throws {
        process.executableURL = URL(filePath: Place.fixture(fixture))
        process.arguments = arguments
        process.standardInput = lines
        process.standardOutput = answers
        try withoutBlockedSignals { try process.run() }
        try expectAnswer()
    }

    deinit { end() }

    func end() {
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    func work() throws {
        try lines.fileHandleForWriting.write(contentsOf: Data("again\n".utf8))
        try expectAnswer()
    }

    private func expectAnswer() throws {
        let answer = String(decoding: answers.fileHandleForReading.availableData, as: UTF8.self)
        guard answer == "\(pid)\n" else { throw Failure("the daemon said '\(answer)'") }
    }

    /// All of its libc's code, as it stands in its memory.
    func codeOfMalloc() throws -> Data {
        let maps = try procFile("\(pid)/maps")
        let line = try #require(maps.split(separator: "\n").first { $0.contains("r-xp") && $0.contains("libc.so.6") })
        let ends = line.split(separator: " ")[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        let memory = try #require(FileHandle(forReadingAtPath: "/proc/\(pid)/mem"))
        try memory.seek(toOffset: ends[0])
        return try #require(try memory.read(upToCount: Int(ends[1] - ends[0])))
    }
}

private let countsResidentPages: Bool = {
    let release = (try? procFile("sys/kernel/osrelease")) ?? ""
    return release.compare("6.2", options: .numeric) != .orderedAscending
}()

private let needsResidentPages: Comment = "needs Linux 6.2 or later for its counters of resident pages"
