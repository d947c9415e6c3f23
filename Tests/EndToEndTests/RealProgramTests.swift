import Foundation
import Testing

/// Programs as Debian packages them; docs/real-programs.md has the hand checks behind these figures.
@Suite(.serialized) struct RealProgramTests {
    // MARK: the page's table

    /// Scripts/real says what it does; what is not installed is an error.
    @Test(.enabled(if: isRoot, "needs root for loop devices and the kernel's count: .ci/run is root"))
    func theyAreAsThePageSays() throws {
        let outcome = try EndToEndTests.run([Place.repository + "Scripts/real", Place.dioaudit, "--quick"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").count == 39, "\(outcome.output)")
    }

    // MARK: dd

    @Test(arguments: ["of", "if"]) func ddMovesWhatItWasTold(side: String) throws {
        let scratch = try Scratch()
        let file = scratch.file("data")
        try Data(count: 100 * 4096).write(to: URL(filePath: file))
        let ends = side == "of" ? ["if=/dev/zero", "of=\(file)"] : ["if=\(file)", "of=/dev/null"]
        let (outcome, report) = try audit(["dd", "bs=4k", "count=100", "status=none", "\(side)lag=direct"] + ends)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let run = try Run(report)
        #expect(try run.transfers("warmup") == 1)
        #expect(try run.transfers("steady") == 99)
        #expect(try run.heapCalls("steady") == 0)
        #expect(run.audit["settledAfter"] as? Int == 1)
    }

    // MARK: fio

    /// Without what fio does by the clock: it allocates when it reports progress or reads the disk's counters.
    private func fio(_ options: String, in scratch: Scratch, tool: [String] = []) throws -> (Outcome, Run) {
        let fixed = "--name=job --bs=4k --direct=1 --eta=never --disk_util=0"
        let command = "fio \(fixed) --filename=\(scratch.file("data")) --output=\(scratch.file("output")) \(options)"
        let (outcome, report) = try audit(command.split(separator: " ").map(String.init), options: tool)
        return (outcome, try Run(report))
    }

    @Test(
        .enabled(if: isInstalled("fio"), "needs the package fio"),
        arguments: ["psync", "psync --rw=randread", "libaio --iodepth=1", "libaio --iodepth=8"])
    func fioThreadsAllocateNothing(engine: String) throws {
        let scratch = try Scratch()
        // fio's status thread, which does no transfers, allocates in 3.39 whenever a quarter of a second has passed.
        let (outcome, run) = try fio(
            "--thread --rw=randwrite --size=1M --ioengine=\(engine)", in: scratch, tool: ["--scope", "io-threads"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try run.transfers("steady") == 255)
        #expect(run.violations.isEmpty)
    }

    /// A forked job touches pages that it still shares with its parent: faults, and nothing else.
    @Test(.enabled(if: isInstalled("fio"), "needs the package fio")) func fioJobsCopyPages() throws {
        let scratch = try Scratch()
        let (outcome, run) = try fio("--rw=randwrite --size=1M --ioengine=psync", in: scratch)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(try run.transfers("steady") == 255)
        #expect(Set(run.violations.map(\.kind)) == ["pageFaultMinor"])
        let (allowed, _) = try fio(
            "--rw=randwrite --size=1M --ioengine=psync", in: scratch, tool: ["--allow", "pageFaultMinor"])
        #expect(allowed.status == 0, "\(allowed.errors)")
    }

    /// fio enters the kernel for io_uring by the instruction, past libc and liburing: the kernel alone sees it.
    @Test(.enabled(if: isInstalled("fio"), "needs the package fio"), arguments: ["", "--thread"])
    func fiosOwnRingIsSeenByTheKernelAlone(thread: String) throws {
        let scratch = try Scratch()
        // A forked job shares its memory with its parent.
        let (outcome, run) = try fio(
            "--rw=randwrite --size=1M --ioengine=io_uring \(thread)", in: scratch,
            tool: ["--scope", "io-threads", "--allow", "faults"])
        #expect(outcome.status == (isRoot ? 0 : 2), "\(outcome.errors)")
        if isRoot {
            #expect(try run.transfers("steady") == 256)
            #expect(try run.heapCalls("steady") == 0)
        } else {
            #expect(run.reasons.contains { $0.hasPrefix("no transfer on an O_DIRECT file was seen") })
        }
    }

    @Test(
        .enabled(if: isInstalled("fio"), "needs the package fio"),
        arguments: [
            // Each write is kept in a list until it is verified.
            ("--rw=randwrite --size=1M --verify=crc32c --verify_state_save=0", "calloc", "log_io_piece", 255),
            // The log of latencies has room for 1024.
            ("--rw=randwrite --size=5M --write_lat_log=LOG", "calloc", "regrow_logs", 1),
            ("--rw=randread --size=1M --lockmem=1M", "munlock", "fio_unpin_memory", 1),
        ])
    func fioIsCaughtWhereItAllocates(options: String, kind: String, function: String, least: Int) throws {
        let scratch = try Scratch()
        let (outcome, run) = try fio(
            "--thread --ioengine=psync " + options.replacing("LOG", with: scratch.file("log")), in: scratch)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(run.calls(of: kind, in: function) >= least, "\(outcome.errors)")
        if options.contains("write_lat_log") { #expect(run.calls(of: "syscallMmap", in: "flush_log") >= 1) }
    }

    /// Buffers that are mapped and not yet touched: the first was warm-up's.
    @Test(.enabled(if: isInstalled("fio"), "needs the package fio")) func fioReadsIntoUntouchedPages() throws {
        let scratch = try Scratch()
        let (outcome, run) = try fio(
            "--thread --rw=randread --size=1M --ioengine=libaio --iodepth=8 --mem=mmap", in: scratch)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(run.violations.map(\.kind) == ["pageFaultMinor"])
        #expect(run.violations[0].calls >= 7)
    }

    /// What fio allocates to print its results, after the last file is closed, has more stacks than the ledger holds.
    @Test(.enabled(if: isInstalled("fio"), "needs the package fio")) func fiosReportIsNobodysBusiness() throws {
        let scratch = try Scratch()
        let (outcome, run) = try fio(
            "--thread --rw=randwrite --size=1M --ioengine=psync --output-format=json", in: scratch)
        #expect(try run.heapCalls("steady") == 0)
        #expect(try run.heapCalls("teardown") > 1000)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    // MARK: qemu-io

    @Test(
        .enabled(if: isInstalled("qemu-io"), "needs the package qemu-utils"),
        arguments: ["threads", "native", "io_uring"])
    func qemuAllocatesForEachRequest(engine: String) throws {
        let scratch = try Scratch()
        let image = scratch.file("image")
        try Data(count: 4 << 20).write(to: URL(filePath: image))
        let commands = [
            "write -P 1 0 4k", "write -P 2 4k 64k", "read -P 1 0 4k", "read 4k 64k", "write 128k 128k", "read 128k 4k",
            "write 0 4k", "flush",
        ]
        let (outcome, stored) = try audit(
            ["qemu-io", "-t", "none", "-n", "-f", "raw", "-i", engine] + commands.flatMap { ["-c", $0] } + [image])
        #expect(outcome.status == 1, "\(outcome.errors)")
        let report = try Run(stored)
        // Two more reads find out what alignment the file needs.
        #expect(try report.transfers("warmup") + report.transfers("steady") == 7 + 2)
        #expect(report.calls(of: "posixMemalign", in: "qemu_try_memalign") >= 7)
        // Debian 12's QEMU 7.2 makes a coroutine for each request, with a stack; 13's QEMU 10.0 has a pool of them.
        let hasPool = try !run(["qemu-io", "--version"]).output.hasPrefix("qemu-io version 7.")
        for (kind, function) in [("calloc", "qemu_coroutine_new"), ("mmap", "qemu_alloc_stack")] {
            let calls = report.calls(of: kind, in: function)
            #expect(hasPool ? calls == 0 : calls >= 7, "\(calls) \(kind)")
        }
    }

    // MARK: RocksDB

    @Test(.enabled(if: isInstalled("db_bench"), "needs the package rocksdb-tools")) func rocksDBAllocatesForEachRead()
        throws
    {
        let scratch = try Scratch()
        let common = ["--db=\(scratch.file("db"))", "--num=20000", "--compression_type=none", "--seed=1"]
        let loaded = try EndToEndTests.run(["db_bench", "--benchmarks=fillseq,compact"] + common)
        #expect(loaded.status == 0, "\(loaded.errors)")
        let (outcome, report) = try audit(
            [
                "db_bench", "--use_existing_db=1", "--benchmarks=readrandom", "--reads=2000", "--cache_size=0",
                "--use_direct_reads=true",
            ] + common)
        #expect(outcome.status == 1, "\(outcome.errors)")
        let run = try Run(report)
        #expect(try run.transfers("steady") >= 1000)
        #expect(try run.heapCalls("steady") > run.transfers("steady"))
        #expect(run.violations.contains { $0.functions.contains { $0.hasPrefix("rocksdb::") } })
    }

    // MARK: sanlock and sbd

    @Test(.enabled(if: isInstalled("sanlock"), "needs the package sanlock")) func sanlockInitialisesALockspace() throws
    {
        let scratch = try Scratch()
        let file = try lockspace(in: scratch)
        let (outcome, report) = try audit(["sanlock", "direct", "init", "-s", "LS:0:\(file):0"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try Run(report).transfers("steady") == 1)
        let (second, read) = try audit(["sanlock", "direct", "read_leader", "-s", "LS:1:\(file):0"])
        #expect(second.status == 1, "\(second.errors)")
        let reader = try Run(read)
        #expect(reader.calls(of: "posixMemalign", in: "read_sectors") == 1)
        #expect(try reader.calls("pageFaultMinor", in: "steady") == 0)
    }

    /// Buffers of 1 MiB, which libc maps: seen by the kernel only, and within which call.
    @Test(.enabled(if: isInstalled("sanlock"), "needs the package sanlock")) func sanlocksBuffersAreMapped() throws {
        let scratch = try Scratch()
        let file = try lockspace(in: scratch)
        let (made, _) = try audit(["sanlock", "direct", "init", "-s", "LS:0:\(file):0"])
        #expect(made.status == 0, "\(made.errors)")
        let (outcome, report) = try audit(["sanlock", "direct", "dump", file])
        #expect(outcome.status == 1, "\(outcome.errors)")
        let run = try Run(report)
        #expect(run.calls(of: "syscallMmap", in: "read_sectors") == 2)
        #expect(run.calls(of: "syscallMmap", in: "direct_dump") == 3)
    }

    private func lockspace(in scratch: Scratch) throws -> String {
        let file = scratch.file("leases")
        try Data(count: 8 << 20).write(to: URL(filePath: file))
        return file
    }

    /// A header and 255 slots.
    @Test(
        .enabled(if: isInstalled("sbd"), "needs the package sbd"),
        .enabled(if: isRoot, "needs root for a loop device: .ci/run is root"))
    func sbdReadsASectorForEachSlot() throws {
        let device = try LoopDevice(mebibytes: 4)
        let (outcome, report) = try audit(["sbd", "-R", "-d", device.path, "create"])
        #expect(outcome.status == 1, "\(outcome.errors)")
        let created = try Run(report)
        #expect(try created.transfers("warmup") + created.transfers("steady") == 1 + 2 * 255)
        #expect(created.calls(of: "malloc", in: "qb_log_dcs_get") == 3)
        #expect(try created.calls("pageFaultMinor", in: "steady") == 0)
        let (second, list) = try audit(["sbd", "-R", "-d", device.path, "list"])
        #expect(second.status == 1, "\(second.errors)")
        let listed = try Run(list)
        #expect(try listed.transfers("warmup") == 1)
        #expect(try listed.transfers("steady") == 255)
        #expect(try listed.calls("calloc", in: "steady") == 2)
        // No slot is taken: it prints nothing, and touches nothing new.
        #expect(try listed.calls("pageFaultMinor", in: "steady") == 0)
    }
}

/// What the tests ask of the one audit of a report.
struct Run {
    struct Violation {
        var kind: String
        var calls: Int
        var functions: [String]
    }

    let audit: [String: Any]
    let violations: [Violation]
    var reasons: [String] { audit["reasons"] as? [String] ?? [] }

    init(_ report: StoredReport) throws {
        audit = try #require(report.audits.first)
        violations = (audit["violations"] as? [[String: Any]] ?? []).map { violation in
            Violation(
                kind: violation["kind"] as? String ?? "", calls: violation["calls"] as? Int ?? 0,
                functions: (violation["stack"] as? [[String: Any]] ?? []).map { $0["function"] as? String ?? "" })
        }
    }

    func transfers(_ name: String) throws -> Int {
        try #require(try phase(name, of: audit)["transfers"] as? Int)
    }

    func calls(_ kind: String, in name: String) throws -> Int {
        let events = try #require(try phase(name, of: audit)["events"] as? [String: [String: Int]])
        return events[kind]?["calls"] ?? 0
    }

    /// Without frees, which are no violations.
    func heapCalls(_ name: String) throws -> Int {
        let kinds = [
            "malloc", "calloc", "realloc", "reallocarray", "posixMemalign", "alignedAlloc", "memalign", "valloc",
            "pvalloc",
        ]
        return try kinds.map { try calls($0, in: name) }.reduce(0, +)
    }

    /// Of all sites of a kind that a function is part of.
    func calls(of kind: String, in function: String) -> Int {
        violations.filter { $0.kind == kind && $0.functions.contains(function) }.map(\.calls).reduce(0, +)
    }
}

/// Whether a program is where the tests' commands are looked for.
func isInstalled(_ program: String) -> Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}

/// The tests in Rust keep what they allocate by std::hint::black_box. Debian 12's own Rust is older than that, 1.63.
let cargoHasBlackBox: Bool = {
    guard isInstalled("cargo"), let said = try? run(["rustc", "--version"]).output,
        let version = said.firstMatch(of: /^rustc 1\.([0-9]+)/)?.1
    else { return false }
    return Int(version) ?? 0 >= 66
}()
