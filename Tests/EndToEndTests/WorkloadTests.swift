import Foundation
import Testing

/// `dioaudit audit`: the built-in workloads.
@Suite(.serialized) struct WorkloadTests {
    @Test func theDefaultPlanPasses() throws {
        let outcome = try run([Place.dioaudit, "audit", "--format", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try StoredReport(outcome.output)
        #expect(report.verdict == "pass")
        #expect(report.audits.count == 22)
        let files = try #require(report.root["files"] as? [String: Any])
        #expect(Set(files.keys) == ["directory", "device", "fileSystem"])
        for audit in report.audits { try checkClean(audit) }
    }

    private func checkClean(_ audit: [String: Any]) throws {
        let name = try #require(audit["name"] as? String)
        #expect(audit["verdict"] as? String == "pass", "\(name)")
        let steady = try phase("steady", of: audit)
        let events = try #require(steady["events"] as? [String: [String: UInt64]])
        for (kind, event) in events { #expect(event["calls"] == 0, "\(name): \(kind)") }
        let transfers = try #require(steady["transfers"] as? UInt64)
        #expect([256, 512, 1024, 2048].contains(transfers), "\(name): \(transfers)")
        let lock = try #require(audit["lock"] as? [String: Any])
        #expect(lock["inEffectThroughSteady"] as? Bool == true, "\(name)")
        #expect(try #require(lock["lockedBytes"] as? UInt64) <= 8 << 20, "\(name)")
    }

    @Test func onlyTheNamedOneRuns() throws {
        let outcome = try run([Place.dioaudit, "audit", "--only", "metadata-4k"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("metadata-4k"))
        #expect(outcome.output.hasSuffix("dioaudit: pass: 1 workload: 1 pass, 0 fail, 0 inconclusive\n"))
    }

    @Test func itsTextFitsATerminalAndSaysWhereItWas() throws {
        let outcome = try run([Place.dioaudit, "audit", "--directory", "/var/tmp"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.tooWide() == [])
        let lines = outcome.output.split(separator: "\n")
        let (kernel, processors) = (try words(["uname", "-sr"]), try words(["nproc", "--all"]))
        #expect(lines[0].hasPrefix("\(kernel) x86_64, \(processors) CPU"), "\(lines[0])")
        #expect(lines[0].hasSuffix(" in /var/tmp"), "\(lines[0])")
        // findmnt asks the kernel in another way. In a chroot that is no mount point it finds nothing.
        let place = try words(["findmnt", "--noheadings", "--output", "SOURCE,FSTYPE", "--target", "/var/tmp"])
            .split(separator: " ")
        if let device = place.first, let type = place.last {
            #expect(lines[0].contains(type), "\(lines[0])")
            #expect(
                lines[0].contains("; files on \(device) (\(type)) in ") || !device.hasPrefix("/dev/"), "\(lines[0])")
        }
        #expect(lines[1].hasPrefix("witnesses: interposer; syscalls"))
        #expect(
            lines.contains(
                "all: 0 heap calls, 0 mapping calls, faults 0/0 (minor/major) in warm-up and steady, settled after 1"))
        let header = try #require(lines.first { $0.hasPrefix("workload ") }).split(separator: " ")
        #expect(
            header == ["workload", "transfers", "kmalloc", "slab", "pages", "risk", "locked", "verdict"] || !isRoot)
        #expect(lines.count { $0.hasSuffix("  pass") } == 22)
    }

    private func words(_ command: [String]) throws -> String {
        try run(command).output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func anOrdinaryUsersSaysWhyThereIsNoKernelSide() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser("true", ["audit", "--only", "psync-read-4k"])
        #expect(outcome.tooWide() == [])
        #expect(
            outcome.said.contains("kernel unavailable (the number of kmem:kmalloc is not to be read: "), "\(outcome)")
        #expect(outcome.output.contains("\nworkload       transfers   locked  verdict\n"), "\(outcome)")
    }

    /// The driver's loop with one allocation more per transfer: what the zeros of the others are worth.
    @Test func theAllocatingTwinIsCaught() throws {
        let outcome = try run(
            [Place.dioaudit, "audit", "--only", "psync-write-4k"],
            environment: ["DIOAUDIT_DRIVER": Place.products + "fixture-allocating-twin"])
        #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("in the steady phase"))
    }

    @Test func asAnOrdinaryUserWithDebiansLimits() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser("ulimit -l 8192", ["audit", "--only", "psync-read-128k"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    // MARK: bad input and faults

    @Test func aDirectoryWithoutDirectIOIsNamedWithAnother() throws {
        let outcome = try run([Place.dioaudit, "audit", "--directory", "/dev/shm"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("/dev/shm"))
        #expect(outcome.errors.contains("--directory"))
    }

    @Test(arguments: [("/nonexistent", "No such file"), ("/etc/passwd", "Not a directory")])
    func aWrongDirectoryIsAUsageError(directory: String, words: String) throws {
        let outcome = try run([Place.dioaudit, "audit", "--directory", directory])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(directory) && outcome.errors.contains(words))
    }

    @Test func anUnreadableDirectoryIsAUsageError() throws {
        let installation = try Installation()
        let directory = installation.scratch.file("closed")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        chmod(directory, 0)
        defer { chmod(directory, 0o700) }  // or nobody but root could remove it
        let outcome = try installation.runAsOrdinaryUser("true", ["audit", "--directory", directory])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("Permission denied"))
    }

    @Test func anUnknownWorkloadIsAUsageError() throws {
        let outcome = try run([Place.dioaudit, "audit", "--only", "psync-wirte-4k"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("psync-wirte-4k") && outcome.errors.contains("psync-write-4k"))
    }

    @Test func aLimitTooSmallForTheLockIsInconclusive() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser("ulimit -l 512", ["audit", "--only", "psync-read-4k"])
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("RLIMIT_MEMLOCK is 512 KiB") && outcome.output.contains("ulimit -l "))
    }

    @Test(.enabled(if: isRoot, "needs root for a loop mount: .ci/run is root")) func aFullDiskIsInconclusive() throws {
        let disk = try LoopDisk(mebibytes: 8)
        let outcome = try run([Place.dioaudit, "audit", "--only", "psync-write-4k", "--directory", disk.mountPoint])
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        #expect((outcome.output + outcome.errors).contains("disk is full"), "\(outcome.output)\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.mountPoint) == ["lost+found"])
    }

    @Test func aDriverThatIsKilledLeavesItsPartialLedger() throws {
        let scratch = try Scratch()
        let driver = try scratch.script("exec \(Place.fixture("killed-while-clean")) \"$2\"")
        let outcome = try run(
            [Place.dioaudit, "audit", "--only", "psync-write-4k", "--format", "json"],
            environment: ["DIOAUDIT_DRIVER": driver])
        #expect(outcome.status == 3, "\(outcome.output)\(outcome.errors)")
        let audit = try #require(try StoredReport(outcome.output).audits.first)
        #expect(((audit["subject"] as? [String: Any])?["exit"] as? [String: Any])?["signal"] as? Int == 9)
        let phases = try #require(audit["phases"] as? [[String: Any]])
        #expect(phases.contains { $0["transfers"] as? UInt64 ?? 0 > 0 })
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalLeavesNothingBehind(number: Int32) throws {
        let scratch = try Scratch()
        let pidFile = scratch.file("pid")
        // The real driver, with more to do than anybody would wait for.
        let driver = try scratch.script(
            "echo $$ > \(pidFile).new; mv \(pidFile).new \(pidFile); exec \(Place.driver) \"$@\" --transfers 1000000000"
        )
        let outcome = try run(
            [Place.dioaudit, "audit", "--only", "psync-write-4k", "--directory", scratch.path],
            environment: ["DIOAUDIT_DRIVER": driver]
        ) { process in
            try wait(for: "the driver to start") { FileManager.default.fileExists(atPath: pidFile) }
            kill(process.processIdentifier, number)
        }
        #expect(outcome.signal == number, "\(outcome)")
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(left.filter { $0.hasPrefix("dioaudit") }.isEmpty, "\(left)")
        let child = try #require(
            pid_t(try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(child, 0) != 0 && errno == ESRCH)
    }

    @Test func whatAKilledOneLeftTheNextRemoves() throws {
        let scratch = try Scratch()
        let pidFile = scratch.file("pid")
        let driver = try scratch.script(
            "echo $$ > \(pidFile).new; mv \(pidFile).new \(pidFile); exec \(Place.driver) \"$@\" --transfers 1000000000"
        )
        _ = try run(
            [Place.dioaudit, "audit", "--only", "psync-write-4k", "--directory", scratch.path],
            environment: ["DIOAUDIT_DRIVER": driver]
        ) { process in
            try wait(for: "the driver to start") { FileManager.default.fileExists(atPath: pidFile) }
            kill(process.processIdentifier, SIGKILL)
        }
        let next = try run([Place.dioaudit, "audit", "--only", "metadata-4k", "--directory", scratch.path])
        #expect(next.status == 0, "\(next.output)\(next.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(left.filter { $0.hasPrefix("dioaudit") }.isEmpty, "\(left)")
    }
}
