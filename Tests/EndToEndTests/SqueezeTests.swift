import Foundation
import Testing

/// `dioaudit run --squeeze`, held against the files of the cgroup while the subject stands still.
@Suite(.serialized, .enabled(if: isRoot, "needs root for a memory cgroup: .ci/run is root"))
struct SqueezeTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test(arguments: [0, 65536, 1_000_001]) func aProgramThatTakesNothingGoesOn(slack: Int) throws {
        let path = scratch.file("report.json")
        var limit: UInt64?
        var pid: Int32 = 0
        let outcome = try run(command(["--squeeze-slack", "\(slack)", "--format", "json=\(path)"])) { dioaudit in
            let subject = try stopped(of: dioaudit)
            defer { kill(subject, SIGCONT) }
            pid = dioaudit.processIdentifier
            let cgroup = try #require(try cgroups(of: pid).first)
            #expect(try text("\(cgroup)/cgroup.procs").split(separator: "\n").contains("\(subject)"))
            limit = try [text("\(cgroup)/memory.limit_in_bytes"), text("\(cgroup)/memory.max")]
                .lazy.compactMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.first
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try StoredReport(String(contentsOfFile: path, encoding: .utf8))
        let squeeze = try #require(report.audits.first?["squeeze"] as? [String: Any])
        #expect(squeeze["transfersAfter"] as? Int == 99 && squeeze["oomKills"] as? Int == 0)
        #expect(squeeze["slackBytes"] as? Int == slack)
        let usage = try #require(squeeze["usageBytes"] as? UInt64)
        #expect(squeeze["limitBytes"] as? UInt64 == limit)
        #expect(limit == (usage + UInt64(slack) + 4095) / 4096 * 4096)
        #expect(try cgroups(of: pid).isEmpty)
    }

    @Test func aProgramThatTakesMemoryIsKilled() throws {
        let (outcome, report) = try audit(
            [Place.fixture("touches-memory"), scratch.file("data")], options: ["--squeeze", "--allow", "all"])
        #expect(outcome.status == 3, "\(outcome.errors)")
        let audit = try #require(report.audits.first)
        let squeeze = try #require(audit["squeeze"] as? [String: Any])
        #expect(squeeze["oomKills"] as? Int == 1 && squeeze["transfersAfter"] as? Int == 49)
        #expect(squeeze["limitHits"] as? Int ?? 0 > 0)
        let reasons = try #require(audit["reasons"] as? [String])
        #expect(
            reasons.contains("the subject ran out of memory under the squeeze: the kernel killed 1 process"),
            "\(reasons)")
    }

    @Test func whatTheKernelSaysOfTheKillIsInTheReport() throws {
        let (outcome, report) = try audit(
            [Place.fixture("touches-memory"), scratch.file("data")], options: ["--squeeze", "--allow", "all"])
        let audit = try #require(report.audits.first)
        let pid = try #require((audit["processes"] as? [[String: Any]])?.first?["pid"] as? Int)
        let reports = try #require(oomReports(of: audit)["value"] as? [[String]])
        #expect(reports.count == 1)
        let lines = try #require(reports.first)
        let kill = "Memory cgroup out of memory: Killed process \(pid) (touches-memory)"
        #expect(lines.first?.hasPrefix("touches-memory invoked oom-killer: ") == true, "\(lines)")
        #expect(lines.last?.hasPrefix(kill) == true, "\(lines)")
        #expect(outcome.said.contains(" kernel: \(kill)"), "\(outcome.errors)")
    }

    /// In place of the kernel's log, a device that is none, and one that has nothing.
    @Test(arguments: [
        ("mknod log c 240 240", "the kernel's report of it is unknown: /dev/kmsg: No such device or address"),
        ("mknod log c 1 3", "the kernel's log has no report of it"),
    ])
    func aLogThatDoesNotSayItIsSaid(device: String, words: String) throws {
        let hidingIt = "cd $1 && \(device) && mount --bind log /dev/kmsg; shift; exec \"$@\""
        let outcome = try run(
            withOwnMounts + [
                "sh", "-c", hidingIt, "sh", scratch.path, Place.dioaudit, "run", "--squeeze", "--allow", "all",
            ]
                + ["--", Place.fixture("touches-memory"), scratch.file("data")])
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.said.contains(" \(words)"), "\(outcome.errors)")
    }

    /// With slack enough it lives, and the limit was not in its way.
    @Test func theSlackIsTheProgramsToTake() throws {
        let (outcome, report) = try audit(
            [Place.fixture("touches-memory"), scratch.file("data")],
            options: ["--squeeze", "--squeeze-slack", "16m", "--allow", "all"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let squeeze = try #require(report.audits.first?["squeeze"] as? [String: Any])
        #expect(squeeze["oomKills"] as? Int == 0 && squeeze["transfersAfter"] as? Int == 99)
    }

    @Test func whatIsNotSqueezedIsNoPass() throws {
        let never = try run([Place.dioaudit, "run", "--squeeze", "--", "true"])
        #expect(never.status == 2 && never.errors.contains("the squeeze did not take place"), "\(never.errors)")
        let installation = try Installation()
        let ordinary = try installation.runAsOrdinaryUser(
            "true",
            [
                "run", "--squeeze", "--", "dd", "if=/dev/zero", "of=\(scratch.file("data"))", "bs=4k", "count=10",
                "oflag=direct", "status=none",
            ])
        #expect(ordinary.status == 2, "\(ordinary.errors)")
        #expect(
            ordinary.said.contains("the squeeze is asked for: ") && ordinary.said.contains("run dioaudit as root"),
            "\(ordinary.errors)")
    }

    // MARK: nothing is left

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalLeavesNothing(signal: Int32) throws {
        var pid: Int32 = 0
        _ = try run(command([])) { dioaudit in
            let subject = try stopped(of: dioaudit)
            defer { kill(subject, SIGCONT) }
            pid = dioaudit.processIdentifier
            #expect(try cgroups(of: pid).count == 1)
            kill(pid, signal)
        }
        #expect(try cgroups(of: pid).isEmpty)
    }

    @Test func aKilledSubjectLeavesNothing() throws {
        var pid: Int32 = 0
        _ = try run(command([])) { dioaudit in
            pid = dioaudit.processIdentifier
            kill(try stopped(of: dioaudit), SIGKILL)
        }
        #expect(try cgroups(of: pid).isEmpty)
    }

    /// Every dioaudit removes what a killed one left, those of other tests as well. So this test shares the lock on the cgroup until
    /// it has seen that what is locked stays.
    @Test func whatASigkillLeavesTheNextStartRemoves() throws {
        var pid: Int32 = 0
        var lock: Process?
        defer { lock?.terminate() }
        _ = try run(command([])) { dioaudit in
            pid = dioaudit.processIdentifier
            _ = try stopped(of: dioaudit)
            lock = try sharingLock(of: pid, on: #require(try cgroups(of: pid).first))
            kill(pid, SIGKILL)
        }
        #expect(try run([Place.dioaudit, "run", "--quiet", "--", "true"]).status == 2)
        #expect(try cgroups(of: pid).count == 1)
        lock?.terminate()
        lock?.waitUntilExit()
        #expect(try run([Place.dioaudit, "run", "--quiet", "--", "true"]).status == 2)
        #expect(try cgroups(of: pid).isEmpty)
    }

    // MARK: helpers

    private func oomReports(of audit: [String: Any]) throws -> [String: Any] {
        let squeeze = try #require(audit["squeeze"] as? [String: Any])
        return try #require(squeeze["oomReports"] as? [String: Any])
    }

    private func command(_ options: [String]) -> [String] {
        [Place.dioaudit, "run", "--squeeze"] + options + ["--", Place.fixture("stops-in-steady"), scratch.file("data")]
    }

    private func stopped(of dioaudit: Process) throws -> Int32 {
        var subject: Int32?
        try wait(for: "the subject to stop") {
            guard let found = child(of: dioaudit.processIdentifier, named: "stops-in-steady"), found.state == "T" else {
                return false
            }
            subject = found.pid
            return true
        }
        return try #require(subject)
    }

    private func cgroups(of dioaudit: Int32) throws -> [String] {
        let found = try run(["find", "/sys/fs/cgroup", "-type", "d", "-name", "dioaudit-squeeze-\(dioaudit)-*"])
        return found.output.split(separator: "\n").map(String.init)
    }

    /// A process that has the same open file as another, and so its lock (flock(2)), until it ends.
    private func sharingLock(of pid: Int32, on directory: String) throws -> Process {
        let program = """
            import ctypes, os, sys, time
            pid, path = int(sys.argv[1]), sys.argv[2]
            number = next(n for n in os.listdir(f"/proc/{pid}/fd") if os.readlink(f"/proc/{pid}/fd/{n}") == path)
            PIDFD_GETFD = 438
            shared = ctypes.CDLL(None).syscall(PIDFD_GETFD, os.pidfd_open(pid), int(number), 0)
            assert os.readlink(f"/proc/self/fd/{shared}") == path
            print("shared", flush=True)
            time.sleep(1000)
            """
        let process = Process()
        let said = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", program, "\(pid)", directory]
        process.standardOutput = said
        try withoutBlockedSignals { try process.run() }
        #expect(said.fileHandleForReading.availableData.starts(with: Data("shared".utf8)))
        return process
    }

    private func text(_ path: String) throws -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
