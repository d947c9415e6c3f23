import Foundation
import Testing

/// The kernel witness counts the allocations of the subject's process tree, by each of its methods.
@Suite(.serialized, .enabled(if: isRoot, "needs root for tracepoints of the kernel: .ci/run is root"))
struct ProcessTreeTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// How dioaudit is started, and how many BPF programs it then has at tracepoints.
    struct Way: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var prefix: [String] = []
        var preparation: String?
        /// Two members of the kernel's structures that its BTF gives each other's names.
        var swap: (String, String)?
        var options: [String] = []
        var programs = 0

        static let all =
            [
                Way(testDescription: "programs", programs: mayHavePrograms ? 14 : 0),
                Way(testDescription: "call chains", options: ["--kernel-stacks"], programs: mayHavePrograms ? 7 : 0),
                Way(
                    testDescription: "pids of its own",
                    prefix: withOwnMounts + ["unshare", "--pid", "--fork", "sh", "-c"]
                        + ["mount -t proc proc /proc; exec \"$@\"", "sh"]),
                Way(testDescription: "no BTF", preparation: ": > $btf"),
                Way(
                    testDescription: "half the BTF",
                    preparation: "head -c 3000000 /sys/kernel/btf/vmlinux > $btf || true"),
                Way(testDescription: "noise for BTF", preparation: "head -c 3000000 /dev/urandom > $btf"),
            ] + misled

        /// A BPF program that the kernel refuses, and BPF programs that it accepts and that report nothing, or what is not true.
        /// The last does not mislead the BPF program for system calls, which is used with that for new processes.
        static let misled =
            mayHavePrograms
            ? [
                Way(testDescription: "a pointer for a number", swap: ("tgid", "cred")),
                Way(testDescription: "a text for a number", swap: ("tgid", "comm")),
                Way(testDescription: "code for a text", swap: ("name", "ctor"), programs: 7),
            ] : []
    }

    @Test(arguments: Way.all) func whoBeginsInWhateverWayIsTheSubjects(way: Way) throws {
        let (made, report) = try startEachWay(way) { dioaudit in
            let links = try descriptors(of: dioaudit).filter { $0.contains("bpf_link") }
            #expect(links.count == way.programs)
        }
        #expect(try eventfds(report) == made)
    }

    /// The report says why there are no BPF programs, and so does the doctor.
    @Test(
        .enabled(if: mayHavePrograms, "needs BTF and the first pid namespace"),
        arguments: zip(
            Way.misled,
            [
                ["task:task_newtask: Permission denied: ", "access ptr member cred", "in struct task_struct"],
                ["task:task_newtask: its BPF program did not report a child of dioaudit"],
                ["kmem:kmem_cache_alloc: its BPF program did not report what dioaudit did"],
            ]))
    func aProgramThatIsNotReliedOnSaysWhy(way: Way, words: [String]) throws {
        func saysSo(_ text: Any?) -> Bool { words.allSatisfy { ((text as? String) ?? "").contains($0) } }
        let report = scratch.file("report.json")
        let outcome = try run(
            prepared(way, [Place.dioaudit, "run", "--quiet", "--format", "json=\(report)", "--", "true"]))
        let audit = try #require(StoredReport(String(contentsOfFile: report, encoding: .utf8)).audits.first)
        for name in ["kernel", "syscalls"] {
            let found = try #require(witness(name, of: audit))
            let isMisled = name == "kernel" || way.programs == 0
            #expect(found["status"] as? String == "active" && found["reason"] is NSNull, "\(found)")
            #expect(found["tracing"] as? String == (isMisled ? "perf-events" : "bpf-programs"), "\(outcome.errors)")
            let why = found["programsRefused"]
            #expect(isMisled ? saysSo(why) : why == nil, "\(found)")
        }
        let doctor = try run(prepared(way, [Place.dioaudit, "doctor", "--format", "json"]))
        let findings = try #require(
            JSONSerialization.jsonObject(with: Data(doctor.output.utf8)) as? [String: Any])["findings"]
        let finding = (findings as? [[String: Any]])?.first { $0["name"] as? String == "BPF programs" }
        #expect(finding?["state"] as? String == "missing")
        #expect(saysSo(finding?["found"]), "\(finding ?? [:])")
    }

    /// The kernel reuses the pid of a process of the tree that has ended.
    @Test func aProcessOutsideTheTreeWithAReusedPidIsNotCounted() throws {
        let (made, report) = try startEachWay(Way.all[0]) { _ in
            let number = try String(contentsOfFile: scratch.file("go.pid"), encoding: .utf8)
            let outsider = try run(
                [Place.fixture("starts-each-way"), "as", number.trimmingCharacters(in: .whitespacesAndNewlines)])
            #expect(outsider.status == 0, "\(outsider.errors)")
        }
        #expect(try eventfds(report) == made)
    }

    /// Stops where the subject's first child has ended and left its number.
    private func startEachWay(_ way: Way, _ body: (Int32) throws -> Void) throws -> (Int, StoredReport) {
        let report = scratch.file("report.json")
        let command =
            [Place.dioaudit, "run", "--quiet", "--allow", "all"] + way.options + ["--format", "json=\(report)", "--"]
            + [Place.fixture("starts-each-way"), scratch.file("data"), "wait", scratch.file("go")]
        let outcome = try run(way.prefix + (try prepared(way, command))) { process in
            defer { _ = FileManager.default.createFile(atPath: scratch.file("go"), contents: nil) }
            try wait(for: "the subject") {
                (try? String(contentsOfFile: scratch.file("go.pid"), encoding: .utf8))?.hasSuffix("\n") ?? false
            }
            let inside = child(of: process.processIdentifier, named: "dioaudit")?.pid
            try body(inside ?? process.processIdentifier)
        }
        // It writes a file. Without BPF programs that may be a transfer, as far as the kernel's I/O accounting shows it.
        #expect(outcome.status == (way.programs == 0 ? 2 : 0), "\(outcome.errors)")
        let made = try #require(Int(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        return (made, try StoredReport(String(contentsOfFile: report, encoding: .utf8)))
    }

    /// Another BTF in place of the machine's, where only this test sees it.
    private func prepared(_ way: Way, _ command: [String]) throws -> [String] {
        if let swap = way.swap { try writeBTF(swap) }
        guard way.preparation != nil || way.swap != nil else { return command }
        let script = try scratch.script(
            """
            set -e
            btf=\(scratch.file("btf"))
            \(way.preparation ?? "")
            ! [ -e /sys/kernel/btf/vmlinux ] || mount --bind $btf /sys/kernel/btf/vmlinux
            exec "$@"
            """)
        return withOwnMounts + ["sh", script] + command
    }

    /// The machine's, where two names have changed places.
    private func writeBTF(_ names: (String, String)) throws {
        var btf = try Data(contentsOf: URL(filePath: "/sys/kernel/btf/vmlinux"))
        let places = try [names.0, names.1].map { name in
            try #require(btf.range(of: Data([0]) + Data(name.utf8) + Data([0])))
        }
        #expect(places[0].count == places[1].count)
        let first = btf.subdata(in: places[0])
        btf.replaceSubrange(places[0], with: btf.subdata(in: places[1]))
        btf.replaceSubrange(places[1], with: first)
        try btf.write(to: URL(filePath: scratch.file("btf")))
    }

    private func eventfds(_ report: StoredReport) throws -> Int {
        let audit = try #require(report.audits.first)
        let witness = witness("kernel", of: audit)
        #expect(witness?["status"] as? String == "active", "\(witness ?? [:])")
        let processes = try #require(audit["processes"] as? [[String: Any]])
        let rows = processes.flatMap { $0["phases"] as? [[String: Any]] ?? [] }
            .flatMap { $0["kernel"] as? [[String: Any]] ?? [] }
        return rows.filter { ($0["site"] as? String ?? "").contains("eventfd") && $0["kind"] as? String == "kmalloc" }
            .reduce(0) { $0 + ($1["calls"] as? Int ?? 0) }
    }

    // MARK: what is left

    /// Whatever dioaudit holds in the kernel (perf's events, programs, maps, mounts of its own) goes with its processes. Those
    /// that it leaves for a moment are its children, and have its environment.
    @Test(arguments: [0, SIGINT, SIGTERM, SIGKILL]) func noProcessIsLeft(signal: Int32) throws {
        let mark = "DIOAUDIT_TEST_MARK=\(UUID().uuidString)"
        let go = scratch.file("go")
        _ = try run(
            [
                "env", mark, Place.dioaudit, "run", "--quiet", "--", Place.fixture("starts-each-way"),
                scratch.file("data"), "wait", go,
            ]
        ) { process in
            defer { _ = FileManager.default.createFile(atPath: go, contents: nil) }
            try wait(for: "the subject") { FileManager.default.fileExists(atPath: go + ".pid") }
            #expect(holders(of: mark).contains(process.processIdentifier))
            if signal != 0 { kill(process.processIdentifier, signal) }
        }
        try wait(for: "the end of all") { holders(of: mark).isEmpty }
    }

    private func descriptors(of pid: Int32) throws -> [String] {
        let files = FileManager.default
        return try files.contentsOfDirectory(atPath: "/proc/\(pid)/fd").compactMap {
            try? files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
        }
    }
}
