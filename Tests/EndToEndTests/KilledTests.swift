import Foundation
import Testing

/// What is left of an audit that is ended from outside.
@Suite struct KilledTests {
    private let scratch: Scratch
    private let mark = "DIOAUDIT_TEST_MARK=\(UUID().uuidString)"

    init() throws {
        scratch = try Scratch()
    }

    private func audited(_ command: [String], _ options: [String] = []) -> [String] {
        ["env", mark, Place.dioaudit, "run"] + options + ["--"] + command
    }

    /// A directory that is mounted where a killed dioaudit had its scratch directory is not emptied.
    @Test(.enabled(if: isRoot, "needs root, to mount: .ci/run is root"))
    func theNextStartLeavesAloneWhatIsMounted() throws {
        for name in ["victim", "dioaudit-scratch-left", "dioaudit-scratch-mounted"] {
            try FileManager.default.createDirectory(
                atPath: scratch.file(name), withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            try "x".write(toFile: "\(scratch.file(name))/file", atomically: false, encoding: .utf8)
        }
        let mounted =
            "mount --bind \(scratch.file("victim")) \(scratch.file("dioaudit-scratch-mounted")) && exec \"$@\""
        let outcome = try run(
            withOwnMounts + ["sh", "-c", mounted, "sh"]
                + [Place.dioaudit, "audit", "--only", "psync-read-4k", "--directory", scratch.path, "--quiet"])
        #expect(outcome.status == 0, "\(outcome)")
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
        #expect(left == ["dioaudit-scratch-mounted", "victim"])
        #expect(FileManager.default.fileExists(atPath: "\(scratch.file("victim"))/file"))
    }

    /// Between fork and exec, too: the child may not wait for a parent that is dead.
    @Test func aKillAtAnyMomentLeavesNoProcess() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<25 {
            let delay = UInt32.random(in: 0..<150_000, using: &random)
            _ = try run(audited(["sleep", "1000"])) { process in
                usleep(delay)
                kill(process.processIdentifier, SIGKILL)
            }
            try wait(for: "the end of all after a kill at \(delay) us") { holders(of: mark).isEmpty }
        }
    }

    /// As docs/security.md says: the kernel drops the request for a signal (PR_SET_PDEATHSIG, prctl(2)) with a change of the user.
    @Test(.enabled(if: isRoot, "needs root, to become another user: .ci/run is root"))
    func whatHasChangedItsUserOutlivesASigkill() throws {
        let become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        _ = try run(audited(become + ["sleep", "1000"])) { process in
            try wait(for: "the subject") { child(of: process.processIdentifier, named: "sleep") != nil }
            let subject = try #require(child(of: process.processIdentifier, named: "sleep")).pid
            kill(process.processIdentifier, SIGKILL)
            // A signal at its parent's end would have come with its new parent.
            try wait(for: "its new parent") { child(of: process.processIdentifier, named: "sleep") == nil }
            let status = (try? procFile("\(subject)/status")) ?? "ended"
            #expect(status.contains("State:\tS") && status.contains("SigPnd:\t0000000000000000"), "\(status)")
            kill(subject, SIGKILL)
        }
        try wait(for: "the end of all") { holders(of: mark).isEmpty }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalEndsTheChildrenToo(signal: Int32) throws {
        let ready = scratch.file("ready")
        let subject = try scratch.script("sleep 1000 & sleep 1000 & : > \(ready); wait")
        let outcome = try run(audited([subject])) { process in
            try wait(for: "the subject") { FileManager.default.fileExists(atPath: ready) }
            kill(process.processIdentifier, signal)
        }
        #expect(!outcome.said.contains("still run"), "\(outcome)")
        try wait(for: "the end of all") { holders(of: mark).isEmpty }
    }

    @Test func theTimeLimitEndsTheChildrenToo() throws {
        let subject = try scratch.script("sleep 1000 & sleep 1000 & wait")
        let outcome = try run(audited([subject], ["--timeout", "1s"]))
        #expect(outcome.status == 3 && !outcome.said.contains("still run"), "\(outcome)")
        try wait(for: "the end of all") { holders(of: mark).isEmpty }
    }

    /// It goes on for a few seconds only: `Process` waits for it, because it has inherited a descriptor of ours.
    @Test func whatGoesOnIsNamed() throws {
        let ready = scratch.file("ready")
        let deaf = "trap '' TERM; echo $$ > \(ready).new; mv \(ready).new \(ready); exec sleep 8"
        let subject = try scratch.script("sh -c '\(deaf.replacingOccurrences(of: "'", with: "'\\''"))' & wait")
        let outcome = try run(audited([subject])) { process in
            try wait(for: "the subject") { FileManager.default.fileExists(atPath: ready) }
            kill(process.processIdentifier, SIGTERM)
        }
        let pid = try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(outcome.said.contains("still run (pid \(pid))"), "\(outcome)")
    }
}
