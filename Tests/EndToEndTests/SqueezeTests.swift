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
        let outcome = try run(command(["--squeeze-slack", "\(slack)", "--format", "json=\(path)"])) { dioaudit in
            let subject = try stopped(of: dioaudit)
            defer { kill(subject, SIGCONT) }
            let cgroup = try #require(try cgroups().first)
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
        #expect(try cgroups().isEmpty)
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
        #expect(try cgroups().isEmpty)
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
            ordinary.errors.contains("the squeeze is asked for: ") && ordinary.errors.contains("run dioaudit as root"),
            "\(ordinary.errors)")
    }

    // MARK: nothing is left

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalLeavesNothing(signal: Int32) throws {
        _ = try run(command([])) { dioaudit in
            let subject = try stopped(of: dioaudit)
            defer { kill(subject, SIGCONT) }
            #expect(try cgroups().count == 1)
            kill(dioaudit.processIdentifier, signal)
        }
        #expect(try cgroups().isEmpty)
    }

    @Test func whatASigkillLeavesTheNextStartRemoves() throws {
        _ = try run(command([])) { dioaudit in
            _ = try stopped(of: dioaudit)
            kill(dioaudit.processIdentifier, SIGKILL)
        }
        #expect(try cgroups().count == 1)
        #expect(try run([Place.dioaudit, "run", "--quiet", "--", "true"]).status == 2)
        #expect(try cgroups().isEmpty)
    }

    // MARK: helpers

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

    private func cgroups() throws -> [String] {
        let found = try run(["find", "/sys/fs/cgroup", "-type", "d", "-name", "dioaudit-squeeze-*"])
        return found.output.split(separator: "\n").map(String.init)
    }

    private func text(_ path: String) throws -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
