import Foundation
import Testing

/// The driver by itself, and its counts as the interposer sees them.
@Suite struct DriverTests {
    struct Job: CustomTestStringConvertible, Sendable {
        var engine: String
        var rw: String
        var iodepth: Int
        var jobs: Int

        var testDescription: String { "\(engine) \(rw) iodepth \(iodepth) jobs \(jobs)" }
    }

    static let jobs: [Job] =
        ["psync", "pvsync2", "libaio", "io_uring", "io_uring-fixed"].flatMap { engine in
            ["read", "write", "randread", "randwrite", "randrw"].map { rw in
                Job(engine: engine, rw: rw, iodepth: engine.hasPrefix("p") ? 1 : 4, jobs: rw == "randrw" ? 2 : 1)
            }
        } + [Job(engine: "psync", rw: "metadata", iodepth: 1, jobs: 1)]

    private func command(_ job: Job, file: String, _ more: [String] = []) -> [String] {
        [
            Place.driver, "--file", file, "--engine", job.engine, "--rw", job.rw, "--bs", "4096", "--iodepth",
            "\(job.iodepth)", "--numjobs", "\(job.jobs)", "--size", "1048576", "--warmup", "7", "--transfers", "101",
        ] + more
    }

    @Test(arguments: jobs) func doesExactlyWhatItIsTold(job: Job) throws {
        let scratch = try Scratch()
        let (outcome, report) = try audit(
            command(job, file: scratch.file("data")), options: ["--require-lock", "--min-ios", "\(101 * job.jobs)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("transfers=\(101 * job.jobs) bytes=\(101 * job.jobs * 4096) nanoseconds="))
        let audit = try #require(report.audits.first)
        #expect(try phase("warmup", of: audit)["transfers"] as? Int == 7 * job.jobs)
        #expect(try phase("steady", of: audit)["transfers"] as? Int == 101 * job.jobs)
        #expect(try phase("teardown", of: audit)["transfers"] as? Int == 0)
    }

    @Test func syncsEveryNWrites() throws {
        let scratch = try Scratch()
        let job = Job(engine: "psync", rw: "write", iodepth: 1, jobs: 1)
        let (_, report) = try audit(command(job, file: scratch.file("data"), ["--fsync", "10"]))
        let steady = try phase("steady", of: try #require(report.audits.first))
        // 7 writes of the warm-up, 101 of the steady phase: syncs after the 10th, 20th … 100th of all 108.
        #expect(steady["syncs"] as? Int == 10)
    }

    @Test(.enabled(if: isRoot, "needs root for a loop device: .ci/run is root")) func worksOnABlockDevice() throws {
        let device = try LoopDevice(mebibytes: 2)
        let job = Job(engine: "psync", rw: "write", iodepth: 1, jobs: 1)
        let (outcome, report) = try audit(command(job, file: device.path))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try phase("steady", of: try #require(report.audits.first))["transfers"] as? Int == 101)
    }

    @Test(arguments: [("0", Int32(3)), ("1", 0)]) func worksInMemoryOnlyWhereItMay(may: String, status: Int32) throws {
        let file = "/dev/shm/dioaudit-tests-\(getpid())-\(may)"
        defer { unlink(file) }
        let job = Job(engine: "psync", rw: "read", iodepth: 1, jobs: 1)
        let outcome = try run(command(job, file: file, ["--in-memory", may]))
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains("in memory (tmpfs)") == (status == 3), "\(outcome.errors)")
    }

    @Test(arguments: [("pread", "randread", "wrong data"), ("pwrite", "randwrite", "moved 2048 bytes only")])
    func aDiskThatLiesIsFoundOut(call: String, rw: String, words: String) throws {
        let scratch = try Scratch()
        let job = Job(engine: "psync", rw: rw, iodepth: 1, jobs: 1)
        let outcome = try run(
            command(job, file: scratch.file("data"), ["--transfers", "1000"]),
            environment: ["LD_PRELOAD": Place.fixture("libspoils-transfers"), "SPOIL": call])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(call) && outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test(arguments: [
        ["--engine", "sync"], ["--rw", "sideways"], ["--bs", "1000"], ["--iodepth", "0"], ["--transfers", "many"],
        ["--colour", "blue"], ["--iodepth", "2"],
    ])
    func whatItDoesNotUnderstandItNames(wrong: [String]) throws {
        let scratch = try Scratch()
        let job = Job(engine: "psync", rw: "read", iodepth: 1, jobs: 1)
        let outcome = try run(command(job, file: scratch.file("data"), wrong))
        #expect(outcome.status == 2)
        #expect(
            outcome.errors.contains(wrong[0]) && outcome.errors.count(where: { $0 == "\n" }) == 1, "\(outcome.errors)")
    }
}
