import Foundation
import Testing

/// The transfers witness counts what file systems and block devices count: their tracepoints share nothing with it.
@Suite(.serialized, .enabled(if: isRoot, "needs root for tracepoints of the kernel: .ci/run is root"))
struct TransferTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    // MARK: on a file

    /// 1 MiB of zeroes.
    private func file(_ name: String) throws -> String {
        let path = scratch.file(name)
        try Data(count: 1 << 20).write(to: URL(filePath: path))
        return path
    }

    @Test(.enabled(if: tellsCompletions, needsCompletions), arguments: ["of", "if"])
    func ddMovesWhatTheFileSystemDoes(side: String) throws {
        let file = try file("data")
        let ends = side == "of" ? ["if=/dev/zero", "of=\(file)", "conv=notrunc"] : ["if=\(file)", "of=/dev/null"]
        let (calls, transfers, counted) = try compare(
            ["dd", "bs=4k", "count=250", "status=none", "\(side)lag=direct"] + ends,
            with: .completions(of: [file]))
        #expect(calls == [side == "of" ? "write" : "read": 250])
        #expect(transfers == 250 && counted == 250)
    }

    struct Engine: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let call: String

        static let all = [
            Engine(testDescription: "psync", call: "pwrite64"),
            Engine(testDescription: "pvsync2", call: "pwritev2"),
            Engine(testDescription: "libaio --iodepth=8", call: "io_submit"),
            Engine(testDescription: "posixaio --iodepth=8", call: "pwrite64"),
            Engine(testDescription: "io_uring --iodepth=8", call: "io_uring"),
            Engine(testDescription: "io_uring --iodepth=8 --registerfiles --fixedbufs", call: "io_uring"),
            Engine(testDescription: "io_uring --iodepth=8 --sqthread_poll=1", call: "io_uring"),
        ]
    }

    /// fio enters the kernel for some engines past libc, where only the kernel sees it.
    @Test(
        .enabled(if: tellsCompletions, needsCompletions),
        .enabled(if: isInstalled("fio"), "needs the package fio"), arguments: Engine.all)
    func fioMovesWhatTheFileSystemDoes(engine: Engine) throws {
        let file = try file("data")
        let fixed = "fio --name=job --bs=4k --direct=1 --eta=never --disk_util=0 --rw=randwrite --size=1M --ioengine="
        let (calls, _, counted) = try compare(
            (fixed + engine.testDescription).split(separator: " ").map(String.init)
                + ["--filename=\(file)", "--output=\(scratch.file("output"))"],
            with: .completions(of: [file]))
        #expect(calls == [engine.call: 256])
        #expect(counted == 256)
    }

    /// Several times as many as the ring of a CPU's completions holds: it must be read meanwhile, and none may be counted twice.
    @Test(.enabled(if: isInstalled("fio"), "needs the package fio")) func eachOfManyRequestsIsCountedOnce() throws {
        let fio = "fio --name=job --bs=4k --direct=1 --eta=never --disk_util=0 --rw=randread --size=1M --norandommap "
        let (_, report) = try audit(
            (fio + "--io_size=600000k --ioengine=io_uring --iodepth=32").split(separator: " ").map(String.init)
                + ["--filename=\(try file("data"))", "--output=\(scratch.file("output"))"],
            options: ["--kernel", "off", "--allow", "all"])
        let audit = try #require(report.audits.first)
        #expect(witness("transfers", of: audit)?["status"] as? String == "active")
        #expect(try kernelTransfers(of: audit) == ["io_uring": 150_000])
    }

    @Test(
        .enabled(if: tellsCompletions, needsCompletions),
        .enabled(if: isInstalled("qemu-img"), "needs the package qemu-utils"),
        arguments: ["threads", "native", "io_uring"])
    func qemuMovesWhatTheFileSystemDoes(engine: String) throws {
        let file = try file("data")
        let (calls, _, counted) = try compare(
            ["qemu-img", "bench", "-f", "raw", "-t", "none", "-i", engine, "-c", "500", "-d", "8", file],
            with: .completions(of: [file]))
        #expect(calls.values.reduce(0, +) == counted, "\(calls)")
        #expect(counted >= 500)
    }

    /// Programs of which the interposer sees nothing, or a part.
    @Test(
        .enabled(if: tellsCompletions, needsCompletions),
        arguments: [("static-and-steady", 50), ("partly-seen-clean", 30), ("partly-seen-before", 20)]
            as [(String, UInt64)])
    func whatTheInterposerDoesNotSeeIsCounted(fixture: String, count: UInt64) throws {
        let file = try file("data")
        let (calls, transfers, counted) = try compare(
            [Place.fixture(fixture), file], with: .completions(of: [file]))
        #expect(calls == ["pwrite64": count])
        #expect(transfers == count && counted == count)
    }

    // MARK: whose

    /// Processes that the subject did not start transfer at the same time, by calls and by io_uring.
    @Test(.enabled(if: isInstalled("fio"), "needs the package fio")) func othersTransfersAreNotTheSubjects() throws {
        let others = ["psync", "io_uring"].map { engine in
            "fio --name=other --rw=randwrite --bs=4k --direct=1 --size=1M --time_based --runtime=60 --thread "
                + "--ioengine=\(engine) --filename=\(scratch.file(engine)) --output=/dev/null & others=\"$others $!\""
        }
        let script = try scratch.script(
            (others + ["sleep 1", "\"$@\"; status=$?", "kill $others", "wait", "exit $status"]).joined(separator: "\n"))
        let report = scratch.file("report.json")
        let outcome = try run(
            ["sh", script, Place.dioaudit, "run", "--format", "json=\(report)", "--"]
                + [
                    "dd", "if=/dev/zero", "of=\(scratch.file("data"))", "bs=4k", "count=250", "oflag=direct",
                    "status=none",
                ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let audit = try #require(StoredReport(String(contentsOfFile: report, encoding: .utf8)).audits.first)
        #expect(try kernelTransfers(of: audit) == ["write": 250])
        #expect(audit["reasons"] as? [String] == [])
    }

    // MARK: on a block device

    @Test(arguments: ["of", "if"]) func ddMovesWhatTheBlockDeviceDoes(side: String) throws {
        let device = try LoopDevice(mebibytes: 4)
        let ends =
            side == "of" ? ["if=/dev/zero", "of=\(device.path)"] : ["if=\(device.path)", "of=/dev/null"]
        let (calls, transfers, counted) = try compare(
            ["dd", "bs=4k", "count=250", "status=none", "\(side)lag=direct"] + ends,
            with: .requests(to: device.path, by: "dd"))
        #expect(calls[side == "of" ? "write" : "read"] == 250 && calls.count == 1)
        #expect(transfers == 250 && counted == 250)
    }

    /// lvm submits by io_submit.
    @Test(.enabled(if: isInstalled("lvm"), "needs the package lvm2")) func lvmMovesWhatTheBlockDeviceDoes() throws {
        let device = try LoopDevice(mebibytes: 8)
        let only = [
            "--config",
            "devices { filter = [\"a|^\(device.path)$|\", \"r|.*|\"] scan = [\"/dev\"] use_devicesfile = 0 } "
                + "global { event_activation = 0 } activation { udev_sync = 0 udev_rules = 0 }",
        ]
        let made = try run(["lvm", "pvcreate", "-ff", "-y", device.path] + only)
        #expect(made.status == 0, "\(made.errors)")
        let (calls, transfers, counted) = try compare(
            ["lvm", "pvremove", "-ff", "-y", device.path] + only, with: .requests(to: device.path, by: "lvm"))
        #expect(calls == ["io_submit": counted])
        #expect(transfers == counted && counted > 1)
    }

    // MARK: the count

    /// A tracepoint of the kernel, and which of its records count.
    private struct Count {
        let event: String
        let filter: String

        /// O_DIRECT transfers that moved data of the files.
        static func completions(of files: [String]) throws -> Count {
            let numbers = try files.map { try status(of: $0).st_ino }
            let ofFiles = numbers.map { "ino == \($0)" }.joined(separator: " || ")
            return Count(event: "iomap/iomap_dio_complete", filter: "(\(ofFiles)) && ret > 0")
        }

        /// - Parameter program: others may look at a new device.
        static func requests(to device: String, by program: String) throws -> Count {
            let number = try status(of: device).st_rdev
            let (major, minor) = (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00)
            return Count(
                event: "block/block_bio_queue",
                filter: "dev == \(major << 20 | minor) && nr_sector > 0 && comm == \"\(program)\"")
        }

        private static func status(of file: String) throws -> stat {
            var status = stat()
            guard stat(file, &status) == 0 else { throw Failure("\(file): \(String(cString: strerror(errno)))") }
            return status
        }
    }

    /// Audits a program while an instance of tracefs counts.
    ///
    /// - Returns: The kernel's transfers by call, and the interposer's, of the report; and what the tracepoint counted.
    private func compare(_ command: [String], with count: Count) throws -> ([String: UInt64], UInt64, UInt64) {
        let report = scratch.file("report.json")
        let script = try scratch.script(
            """
            set -e
            mkdir \(scratch.path)/tracefs
            mount -t tracefs none \(scratch.path)/tracefs
            instance=\(scratch.path)/tracefs/instances/dioaudit-tests-$$
            mkdir $instance
            trap 'rmdir $instance' EXIT
            echo '\(count.filter)' > $instance/events/\(count.event)/filter
            echo 1 > $instance/events/\(count.event)/enable
            "$@" >&2 || [ $? -lt 3 ]
            echo 0 > $instance/events/\(count.event)/enable
            cat $instance/per_cpu/cpu*/stats | awk '/^overrun/ { lost += $2 } END { exit lost > 0 }'
            grep -c '\(count.event.split(separator: "/")[1])' $instance/trace || true
            """)
        let outcome = try run(
            withOwnMounts + ["sh", script, Place.dioaudit, "run", "--format", "json=\(report)", "--"] + command)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let counted = try #require(UInt64(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        let audit = try #require(StoredReport(String(contentsOfFile: report, encoding: .utf8)).audits.first)
        let phases = try #require(audit["phases"] as? [[String: Any]])
        #expect(witness("transfers", of: audit)?["status"] as? String == "active")
        return (
            try kernelTransfers(of: audit), phases.compactMap { $0["transfers"] as? UInt64 }.reduce(0, +), counted
        )
    }
}

/// The kernel reports O_DIRECT transfers of the tests' files: since Linux 6.6, and not those of tmpfs, nor of btrfs all.
private let tellsCompletions: Bool = {
    let types = try? run(["stat", "--file-system", "--format", "%T", "/var/tmp"]).output
    guard ["ext2/ext3", "xfs"].contains(types?.trimmingCharacters(in: .whitespacesAndNewlines)) else { return false }
    let tracefs = "/sys/kernel/tracing"
    let event = "mount -t tracefs none \(tracefs) && test -d \(tracefs)/events/iomap/iomap_dio_complete"
    return (try? run(withOwnMounts + ["sh", "-c", event]).status) == 0
}()

private let needsCompletions: Comment = "needs a kernel and a file system that tell of O_DIRECT transfers by iomap"
