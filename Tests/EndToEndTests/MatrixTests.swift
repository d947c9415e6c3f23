import Foundation
import Testing

/// `dioaudit matrix`: loop devices and file systems that it makes, and leaves none of.
@Suite(.serialized, .enabled(if: isRoot, "needs root for loop devices and mounts: .ci/run is root"))
struct MatrixTests {
    @Test func aSmallOneHasItsCellsAndLeavesNothing() throws {
        let scratch = try Scratch()
        let (outcome, targets) = try matrix(["--only", "ext4", "--only", "psync", "--transfers", "50"], in: scratch)
        #expect(targets.map(\.name) == ["ext4"])
        let cells = try #require(targets.first?.cells)
        #expect(
            Set(cells.map(\.name)) == ["psync-read-4k", "psync-read-128k", "psync-write-4k", "psync-write-128k"])
        for cell in cells {
            #expect(cell.transfers == 50)
            #expect(
                cell.isTold == cell.wasObserved,
                "\(cell.name): a figure that nobody observed, or none of those that were")
            #expect(cell.wasObserved || !cell.reasons.isEmpty)
        }
        #expect(outcome.status == (cells.allSatisfy(\.wasObserved) ? 0 : 2), "\(outcome.errors)")
        try expectNothingLeft(in: scratch)
    }

    @Test func everyTargetIsMeasuredOrSaysWhyNot() throws {
        let scratch = try Scratch()
        let (_, targets) = try matrix(
            ["--only", "psync", "--only", "write", "--only", "4k", "--transfers", "20"], in: scratch)
        #expect(targets.map(\.name) == ["block", "ext4", "xfs", "btrfs", "f2fs", "tmpfs"])
        let types = try procFile("filesystems")
        for target in targets {
            if target.status == "measured" {
                #expect(target.cells.map(\.name) == ["psync-write-4k"] && target.cells[0].transfers == 20)
            } else {
                #expect(target.status == "absent", "\(target.name): \(target.reason ?? "")")
                #expect(!types.contains("\t\(target.name)\n") || target.name == "tmpfs")
                #expect(try #require(target.reason).contains(target.name == "tmpfs" ? "O_DIRECT" : "kernel"))
            }
        }
        try expectNothingLeft(in: scratch)
    }

    @Test func textAndMarkdownSayTheSame() throws {
        let scratch = try Scratch()
        let outcome = try run([
            Place.dioaudit, "matrix", "--only", "block", "--only", "libaio", "--transfers", "10", "--directory",
            scratch.path, "--format", "text", "--format", "markdown=\(scratch.file("matrix.md"))",
        ])
        let markdown = try String(contentsOfFile: scratch.file("matrix.md"), encoding: .utf8)
        let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("block") || $0.hasPrefix("libaio") }
        #expect(rows.map { $0.prefix { $0 != " " } } == ["block", "libaio", "libaio"])
        for row in rows.dropFirst() {
            let cells = row.replacing("libaio ", with: "libaio_").split(separator: " ").joined(separator: " | ")
            let wanted = "| \(cells) |".replacing("libaio_", with: "libaio ")
            #expect(markdown.replacing("\\", with: "").contains(wanted), "\(wanted)")
        }
        #expect(outcome.output.split(separator: "\n").last?.hasPrefix("dioaudit: matrix: ") == true)
    }

    // MARK: bad input and faults

    @Test func anOrdinaryUserIsToldWhy() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser("true", ["matrix"])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("root") && outcome.errors.contains("loop devices"), "\(outcome.errors)")
    }

    @Test(arguments: [
        ["--only", "ext5"], ["--transfers", "0"], ["--format", "junk"], ["--directory", "/nonexistent"],
    ])
    func whatItDoesNotUnderstandItNames(wrong: [String]) throws {
        let outcome = try run([Place.dioaudit, "matrix", "--only", "tmpfs"] + wrong)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(wrong[1]) || outcome.errors.contains(wrong[0]), "\(outcome.errors)")
    }

    @Test func aDiskThatCannotBeMadeIsNamedAndTheOthersAreMeasured() throws {
        let small = try LoopDisk(mebibytes: 8)
        let scratch = try Scratch()
        let outcome = try run([
            Place.dioaudit, "matrix", "--only", "xfs", "--only", "tmpfs", "--only", "psync", "--transfers", "10",
            "--directory", small.mountPoint, "--format", "json=\(scratch.file("json"))",
        ])
        #expect(outcome.status == 2, "\(outcome.errors)")
        let targets = try targets(in: scratch.file("json"))
        #expect(targets.map(\.status) == ["failed", "measured"])
        #expect(try #require(targets.first?.reason).contains("No space left"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.mountPoint) == ["lost+found"])
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalLeavesNothing(number: Int32) throws {
        let scratch = try Scratch()
        let outcome = try interrupted(by: number, in: scratch)
        #expect(outcome.signal == number, "\(outcome)")
        #expect(outcome.errors.contains("interrupted"))
        try expectNothingLeft(in: scratch)
    }

    @Test func afterSIGKILLAnEmptyDirectoryIsLeftAndTheNextRemovesIt() throws {
        let scratch = try Scratch()
        let outcome = try interrupted(by: SIGKILL, in: scratch)
        #expect(outcome.signal == SIGKILL)
        try wait(for: "the kernel to clear the loop device") { (try? loopDevices(in: scratch).isEmpty) == true }
        #expect(try mounts(of: "self", in: scratch).isEmpty)
        let left = try #require(try directories(in: scratch).first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("\(left)/mount")).isEmpty)
        _ = try matrix(["--only", "tmpfs", "--only", "psync", "--transfers", "10"], in: scratch)
        try expectNothingLeft(in: scratch)
    }

    /// Sends a signal while the driver works on an ext4 of its own.
    private func interrupted(by number: Int32, in scratch: Scratch) throws -> Outcome {
        let pidFile = scratch.file("pid")
        let driver = try scratch.script(
            "echo $$ > \(pidFile).new; mv \(pidFile).new \(pidFile); exec \(Place.driver) \"$@\" --transfers 1000000000"
        )
        return try run(
            [Place.dioaudit, "matrix", "--only", "ext4", "--directory", scratch.path],
            environment: ["DIOAUDIT_DRIVER": driver]
        ) { process in
            try wait(for: "the driver to start") { FileManager.default.fileExists(atPath: pidFile) }
            // What the next lines find missing later was there, and nobody else saw it mounted.
            #expect(try mounts(of: "\(process.processIdentifier)", in: scratch).count == 1)
            #expect(try mounts(of: "self", in: scratch).isEmpty)
            #expect(try loopDevices(in: scratch).count == 1)
            #expect(try directories(in: scratch).count == 1)
            kill(process.processIdentifier, number)
        }
    }

    // MARK: what is left

    private func expectNothingLeft(in scratch: Scratch) throws {
        #expect(try mounts(of: "self", in: scratch).isEmpty)
        #expect(try directories(in: scratch).isEmpty)
        // A ring's files are closed by the kernel's workers, a moment later.
        try wait(for: "the kernel to clear the loop device") { (try? loopDevices(in: scratch).isEmpty) == true }
    }

    private func loopDevices(in scratch: Scratch) throws -> [Substring] {
        try run(["losetup", "--all"]).output.split(separator: "\n").filter { $0.contains(scratch.path) }
    }

    private func mounts(of process: String, in scratch: Scratch) throws -> [Substring] {
        try procFile("\(process)/mounts").split(separator: "\n")
            .filter { $0.contains(scratch.path) }
    }

    private func directories(in scratch: Scratch) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter { $0.hasPrefix("dioaudit-") }
    }

    // MARK: the report

    private struct Report: Decodable {
        var schema: String
        var targets: [Target]
    }

    struct Target: Decodable {
        var name: String
        var status: String
        var reason: String?
        var cells: [Cell]
    }

    struct Cell: Decodable {
        struct Figure: Decodable {
            var calls: UInt64
            var perTransfer: Double
        }

        struct Witness: Decodable {
            var status: String
        }

        var name: String
        var transfers: Int
        var witness: Witness
        var kmalloc: Figure?
        var kmemCacheAlloc: Figure?
        var pageAlloc: Figure?
        var worstRisk: String?
        var reasons: [String]

        var wasObserved: Bool { witness.status != "unavailable" }
        var isTold: Bool { kmalloc != nil && kmemCacheAlloc != nil && pageAlloc != nil && worstRisk != nil }
    }

    private func matrix(_ options: [String], in scratch: Scratch) throws -> (Outcome, [Target]) {
        let outcome = try run(
            [Place.dioaudit, "matrix", "--directory", scratch.path, "--format", "json=\(scratch.file("json"))"]
                + options)
        return (outcome, try targets(in: scratch.file("json")))
    }

    private func targets(in path: String) throws -> [Target] {
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: path)))
        #expect(report.schema == "dioaudit/matrix/1")
        return report.targets
    }
}
