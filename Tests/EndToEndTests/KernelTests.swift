import Foundation
import Testing

/// The kernel witness against Tests/oracles/count-kernel.c, which counts by itself in the same run and shares no code with it.
@Suite(.serialized, .enabled(if: isRoot, "needs root for tracepoints of the kernel and loop devices: .ci/run is root"))
struct KernelTests {
    struct Job: CustomTestStringConvertible, Sendable {
        var engine: String
        var rw: String
        var bytes: Int

        var testDescription: String { "\(engine) \(rw) \(bytes)" }

        static let all = ["psync", "pvsync2", "libaio", "io_uring", "io_uring-fixed", "io_uring-async"].flatMap {
            engine in
            ["read", "write"].flatMap { rw in [4096, 131_072].map { Job(engine: engine, rw: rw, bytes: $0) } }
        }
    }

    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    // MARK: counts

    @Test(arguments: Job.all) func countsAreTheOraclesOnTheDisk(job: Job) throws {
        try compare(job, scratch.file("data"))
    }

    @Test func countsAreTheOraclesOnALoopDevice() throws {
        let device = try LoopDevice(mebibytes: 512)
        for job in Job.all {
            let steady = try compare(job, device.path)
            if job.engine == "psync", job.bytes == 4096 { #expect(rows(steady).isEmpty, "\(steady)") }
        }
    }

    @Test(arguments: ["xfs", "btrfs"]) func countsAreTheOraclesOnAFileSystem(type: String) throws {
        let device = try LoopDevice(mebibytes: 512)
        let mount = try Mounted(device, type, in: scratch)
        for job in Job.all where job.engine != "io_uring-async" && job.rw == "read" || job.engine == "psync" {
            // Btrfs allocates 200 times for some transfers. No more records than the ring holds: however slowly they are read.
            try compare(job, mount.path + "/data", transfers: 400)
        }
    }

    /// One thread of io-wq, so that none begins while both count: for each that does the kernel also allocates perf's own.
    @discardableResult private func compare(
        _ job: Job, _ file: String, transfers: Int = 2000
    ) throws -> [String: Any] {
        let workers = job.engine.hasPrefix("io_uring") ? ["--workers", "1"] : []
        let command =
            [
                Place.fixture("count-kernel"), job.engine, job.rw, "\(job.bytes)", file, "256", "\(transfers)",
                "--mark", "--irq",
            ]
            + workers
        let scratch = try Scratch()
        let outcome = try run(
            [
                Place.dioaudit, "run", "--phases", "markers", "--quiet", "--format",
                "json=\(scratch.file("report.json"))", "--",
            ] + command)
        let said = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Int])
        let report = try StoredReport(String(contentsOfFile: scratch.file("report.json"), encoding: .utf8))
        let audit = try #require(report.audits.first)
        #expect(witness("kernel", of: audit)?["status"] as? String == "active")
        let steady = try phase("steady", of: audit)
        #expect(steady["transfers"] as? Int == transfers)
        let interrupts = try #require(steady["inInterrupts"] as? [String: Int])
        for (kind, theirs) in [
            ("kmalloc", "kmalloc"), ("kmemCacheAlloc", "kmem_cache_alloc"), ("pageAlloc", "mm_page_alloc"),
        ] {
            let ours = rows(steady).filter { $0["kind"] as? String == kind }.reduce(0) {
                $0 + ($1["calls"] as? Int ?? 0)
            }
            let (all, inInterrupts) = (try #require(said[theirs]), try #require(said["\(theirs)_irq"]))
            // Without interrupts these are equal. One that comes in user code counts as the thread's own, and one that comes while the
            // event's own BPF program runs is not seen: the kernel does not run it again.
            #expect(all - inInterrupts <= ours, "\(job) on \(file): \(kind)")
            #expect(ours + (interrupts[kind] ?? 0) <= all, "\(job) on \(file): \(kind)")
        }
        return steady
    }

    private func rows(_ phase: [String: Any]) -> [[String: Any]] { phase["kernel"] as? [[String: Any]] ?? [] }

    // MARK: names

    @Test func whatExt4AllocatesHasItsNames() throws {
        let device = try LoopDevice(mebibytes: 512)
        let mount = try Mounted(device, "ext4", in: scratch)
        let steady = try compare(Job(engine: "psync", rw: "read", bytes: 4096), mount.path + "/data")
        let dio = try #require(rows(steady).first(where: { $0["kind"] as? String == "kmalloc" }))
        #expect(dio["site"] as? String == "__iomap_dio_rw" && dio["gfp"] as? String == "GFP_KERNEL")
        #expect(dio["risk"] as? String == "mayWaitForWriteback" && dio["perTransfer"] as? Double == 1)
        let bio = try #require(rows(steady).first(where: { $0["kind"] as? String == "kmemCacheAlloc" }))
        #expect((bio["cache"] as? String ?? "").hasPrefix("bio-") && bio["gfp"] as? String == "GFP_KERNEL")
        #expect(bio["mempool"] as? Bool == true && bio["risk"] as? String == "mayWaitForWriteback")
    }

    @Test func stacksGoFromTheAllocatorToTheProgram() throws {
        let (_, report) = try audit(
            [Place.fixture("no-allocation-clean"), scratch.file("data")], options: ["--kernel-stacks"])
        let steady = try phase("steady", of: try #require(report.audits.first))
        let stack = try #require(rows(steady).first?["stack"] as? [[String: Any]])
        let functions = stack.map { $0["function"] as? String ?? "" }
        #expect(functions.contains("vfs_write"), "\(functions)")
        #expect(functions.contains(where: { $0.contains("sys_pwrite64") }), "\(functions)")
        #expect(functions.contains("main") && functions.last == "_start", "\(functions)")
        let modules = stack.map { $0["module"] as? String ?? "" }
        #expect(!modules.contains(where: { $0.contains("libdioaudit") }), "\(modules)")
        #expect(rows(steady).contains { $0["site"] as? String == "bio_alloc_bioset" })
        let setup = rows(try phase("setup", of: try #require(report.audits.first)))
        #expect(!setup.isEmpty && setup.allSatisfy { $0["perTransfer"] is NSNull }, "a phase without transfers")
    }

    @Test func aPageFaultHasItsPlaceAndItsFunction() throws {
        let (_, report) = try audit([Place.fixture("grows-stack"), scratch.file("data")])
        let violations = try #require(report.audits.first?["violations"] as? [[String: Any]])
        let fault = try #require(violations.first { $0["kind"] as? String == "pageFaultMinor" })
        #expect(fault["memory"] as? String == "stack")
        #expect((fault["stack"] as? [[String: Any]])?.first?["function"] as? String == "go_deeper")
    }

    /// What the interposer does at the steady point (it reads /proc) is its own.
    @Test func aLateFilesFirstTransferIsWarmUps() throws {
        let (_, report) = try audit([Place.fixture("two-files"), scratch.file("data")])
        let found = try #require(report.audits.first)
        for name in ["warmup", "steady"] {
            let phase = try phase(name, of: found)
            let dio = rows(phase).filter { $0["site"] as? String == "__iomap_dio_rw" }
            #expect(
                dio.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) } == phase["transfers"] as? Int, "\(name): \(dio)")
            #expect(!rows(phase).contains { ($0["cache"] as? String ?? "").hasPrefix("proc_inode") }, "\(name)")
        }
    }

    /// With one listener more, the tracepoint calls both by a function of its own, which stands in the call chain.
    @Test(.enabled(if: isRoot && mayHavePrograms, "needs root and the first pid namespace for programs on tracepoints"))
    func pagesHaveTheirSiteWhoeverElseListens() throws {
        func sites() throws -> Set<String> {
            let (_, report) = try audit([Place.fixture("touches-memory"), scratch.file("data")])
            let pages = try rows(phase("steady", of: #require(report.audits.first))).filter {
                $0["kind"] as? String == "pageAlloc"
            }
            #expect(pages.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) } > 2000)
            return Set(pages.compactMap { $0["site"] as? String })
        }
        let (ready, over) = (scratch.file("ready"), scratch.file("over"))
        let other = try scratch.script("mkfifo \(over); : > \(ready); read line < \(over)")
        var together: Set<String> = []
        _ = try run([Place.dioaudit, "run", "--quiet", "--", other]) { _ in
            try wait(for: "the other to be audited") { FileManager.default.fileExists(atPath: ready) }
            together = try sites()
            try "\n".write(to: URL(filePath: over), atomically: false, encoding: .utf8)
        }
        let alone = try sites()
        #expect(together == alone && !together.contains { $0.hasPrefix("__traceiter") }, "\(together), \(alone)")
    }

    // MARK: PR_SET_IO_FLUSHER

    @Test(.enabled(if: mayBecomeAnIOFlusher, "needs CAP_SYS_RESOURCE for PR_SET_IO_FLUSHER"))
    func anIOFlusherDoesNotWaitForWriteback() throws {
        let (outcome, report) = try audit(
            [Place.fixture("io-flusher"), scratch.file("data")],
            options: ["--kernel-limit", "mayWaitForWriteback=0", "--kernel-limit", "mayWait=2"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        try expectFlushers(report)
    }

    @Test(.enabled(if: mayBecomeAnIOFlusher, "needs CAP_SYS_RESOURCE for PR_SET_IO_FLUSHER"))
    func threadsThatHaveEndedWereFlushers() throws {
        let (outcome, report) = try audit(
            [Place.fixture("flushers-that-end"), scratch.file("data")],
            options: ["--allow", "all", "--kernel-limit", "mayWaitForWriteback=0"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        try expectFlushers(report)
    }

    /// Where CAP_SYS_RESOURCE is missing: /proc says of the program what it says of an I/O flusher. BPF programs would see the thread's
    /// own flags.
    @Test(arguments: [(0x0018_0000, true), (0x0008_0000, false)])
    func whatProcSaysOfAThreadChangesTheRisk(flags: Int, isFlusher: Bool) throws {
        let subject = try scratch.script(
            """
            stat=/proc/$$/task/$$/stat
            awk '{ $9 = \(flags); print }' $stat > \(scratch.path)/stat
            mount --bind \(scratch.path)/stat $stat
            exec \(Place.fixture("no-allocation-clean")) \(scratch.file("data"))
            """)
        let path = scratch.file("report.json")
        let outcome = try run(
            withOwnMounts + [
                Place.dioaudit, "run", "--kernel-stacks", "--kernel-limit", "mayWaitForWriteback=0", "--format", "text",
                "--format", "json=\(path)", "--", subject,
            ])
        #expect(outcome.status == (isFlusher ? 0 : 1), "\(outcome.errors)")
        if isFlusher {
            try expectFlushers(StoredReport(String(contentsOfFile: path, encoding: .utf8)))
        } else {
            #expect(outcome.errors.contains("PR_SET_IO_FLUSHER"), "\(outcome.errors)")
        }
    }

    private func expectFlushers(_ report: StoredReport) throws {
        let steady = try rows(phase("steady", of: try #require(report.audits.first)))
        #expect(!steady.isEmpty)
        #expect(steady.allSatisfy { $0["risk"] as? String != "mayWaitForWriteback" }, "\(steady)")
    }

    // MARK: where it cannot look

    /// As fast as the machine makes page faults on two CPUs: some 100,000 a second, of two records each. If other programs keep
    /// dioaudit from reading them in time, it counts those that are lost.
    @Test func nothingIsLostInSilenceOfAFlood() throws {
        let seconds = 3
        let (outcome, report) = try audit(
            [Place.fixture("floods-tracepoints"), scratch.file("data"), "\(seconds)"], options: ["--kernel", "require"])
        let made = try #require(Int(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(made > 0)
        let audit = try #require(report.audits.first)
        let kernel = try #require(witness("kernel", of: audit))
        let lost = try (kernel["reason"] as? String).map { reason in
            try #require(reason.firstMatch(of: /lost (\d+) record/).flatMap { Int($0.1) }, "\(reason)")
        }
        #expect((kernel["status"] as? String == "active") == (lost == nil))
        let violations = try #require(audit["violations"] as? [[String: Any]])
        let flood = violations.filter { violation in
            (violation["stack"] as? [[String: Any]])?.first?["function"] as? String == "flood"
                && violation["kind"] as? String == "pageFaultMinor"
        }
        let faults = flood.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) }
        let allocations = try rows(phase("steady", of: audit)).filter {
            $0["kind"] as? String == "pageAlloc" && ($0["gfp"] as? String ?? "").contains("MOVABLE")
        }
        #expect(allocations.allSatisfy { ($0["site"] as? String ?? "").contains("alloc") }, "\(allocations)")
        let pages = allocations.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) }
        #expect(faults == made || lost != nil)
        // Some more are those of the threads' stacks and the heap.
        #expect((made...made + 20).contains(pages) || lost != nil)
        #expect(faults + pages + (lost ?? 0) >= 2 * made)
    }

    @Test func whatIsLostIsSaid() throws {
        let path = scratch.file("report.json")
        let outcome = try run([
            Place.dioaudit, "run", "--kernel", "require", "--allow", "all", "--format", "json=\(path)", "--",
            Place.fixture("overflows-rings"), scratch.file("data"),
        ]) { dioaudit in
            // Stopped, it reads nothing; the subject goes on until it is a zombie.
            try wait(for: "the subject") { child(of: dioaudit.processIdentifier, named: "overflows-rings") != nil }
            kill(dioaudit.processIdentifier, SIGSTOP)
            defer { kill(dioaudit.processIdentifier, SIGCONT) }
            try wait(for: "the subject's end") {
                child(of: dioaudit.processIdentifier, named: "overflows-rings")?.state == "Z"
            }
        }
        #expect(outcome.status == 2)
        let report = try StoredReport(String(contentsOfFile: path, encoding: .utf8))
        let reasons = report.audits.first?["reasons"] as? [String] ?? []
        #expect(
            reasons.contains { $0.contains("--kernel require: the kernel witness lost ") && $0.contains(" records") },
            "\(reasons)")
    }

    /// Each is counted all the same, at the tracepoint's call site. (As JSON the rows would be hundreds of megabytes.)
    @Test func chainsThatAreNotKeptAreSaid() throws {
        let outcome = try run([
            Place.dioaudit, "run", "--kernel-stacks", "--kernel", "require", "--allow", "all", "--",
            Place.fixture("many-chains"), scratch.file("data"), "5000",
        ])
        #expect(outcome.status == 2)
        let reason = /the kernel witness kept no call chain of (\d+) records, beyond 4096 different ones/
        let lost = try #require(outcome.said.firstMatch(of: reason), "\(outcome.errors)")
        #expect(Int(lost.1) ?? 0 >= 5000 - 4096)
    }

    @Test func whoMayNotLookIsToldWhatWouldHelp() throws {
        let installation = try Installation()
        let arguments = [
            "--", "dd", "if=/dev/zero", "of=\(scratch.file("data"))", "bs=4k", "count=10", "oflag=direct",
            "status=none",
        ]
        let auto = try installation.runAsOrdinaryUser("true", ["run"] + arguments)
        #expect(auto.status == 0, "\(auto.errors)")
        #expect(
            auto.said.contains("kernel unavailable (the number of kmem:kmalloc is not to be read: "), "\(auto.errors)")
        #expect(auto.said.contains(" to allow more: as root: mount "), "\(auto.errors)")
        #expect(auto.tooWide() == [])
        let required = try installation.runAsOrdinaryUser("true", ["run", "--kernel", "require"] + arguments)
        #expect(required.status == 2 && required.errors.contains("--kernel require: "))
    }

    /// A tracefs that is none, in place of the machine's, where only this test sees it.
    @Test(arguments: [
        ("echo ID: none > $event/format", "is not understood"),
        ("sed -i s/gfp_flags/other_flags/ $event/format", "has no field 'gfp_flags'"),
        ("rm $event/format", "is not to be read"),
        // By its number it is listened to where call chains are asked for.
        ("options=--kernel-stacks; sed -i 's/ID: [0-9]*/ID: 65535/' $event/format", "perf tracepoints of kmem"),
    ]) func aStrangeFormatIsNamed(change: String, words: String) throws {
        let script = try scratch.script(
            """
            set -e
            [ -e /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing
            mkdir \(scratch.path)/copy
            for name in kmem/kmalloc kmem/kmem_cache_alloc kmem/mm_page_alloc raw_syscalls/sys_enter; do
                mkdir -p \(scratch.path)/copy/events/$name
                for file in id format; do
                    cat /sys/kernel/tracing/events/$name/$file > \(scratch.path)/copy/events/$name/$file
                done
            done
            event=\(scratch.path)/copy/events/kmem/kmalloc
            \(change)
            mount --bind \(scratch.path)/copy /sys/kernel/tracing
            exec \(Place.dioaudit) run --kernel require $options -- \(Place.fixture("no-allocation-clean")) \(scratch.file("data"))
            """)
        let outcome = try run(withOwnMounts + ["sh", script])
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains("--kernel require: ") && outcome.errors.contains(words), "\(outcome.errors)")
    }
}

private final class Mounted {
    let path: String

    init(_ device: LoopDevice, _ type: String, in scratch: Scratch) throws {
        path = scratch.file("mounted")
        let made = try run(["sh", "-ec", "mkfs.\(type) -q \(device.path); mkdir \(path); mount \(device.path) \(path)"])
        guard made.status == 0 else { throw Failure("no \(type): \(made.errors)") }
    }

    deinit { _ = try? run(["umount", path]) }
}

/// capabilities(7): bit 24 of what the process may do.
private let mayBecomeAnIOFlusher =
    (try? procFile("self/status"))?.split(separator: "\n")
    .first { $0.hasPrefix("CapEff:") }?.split(separator: "\t").last
    .flatMap { UInt64($0, radix: 16) }.map { $0 & 1 << 24 != 0 } ?? false
