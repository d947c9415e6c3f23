import Foundation
import Testing

/// `dioaudit doctor`: each claim against somebody else's answer to the same question.
@Suite(.serialized) struct DoctorTests {
    struct Finding: Decodable {
        var name: String
        var state: String
        var found: String
        var usedFor: String
        var remedies: [String]
    }

    struct Diagnosis: Decodable {
        var schema: String
        var findings: [Finding]

        func finding(_ name: String) throws -> Finding {
            try #require(findings.first { $0.name == name }, "\(findings.map(\.name))")
        }
    }

    private func diagnosis(_ outcome: Outcome) throws -> Diagnosis {
        try #require(outcome.status == 0, "\(outcome)")
        return try JSONDecoder().decode(Diagnosis.self, from: Data(outcome.output.utf8))
    }

    private func diagnosis(environment: [String: String] = [:]) throws -> Diagnosis {
        try diagnosis(run([Place.dioaudit, "doctor", "--format", "json"], environment: environment))
    }

    /// - Parameter preparation: shell commands that come before, such as ulimit.
    private func ordinaryUsersDiagnosis(_ preparation: String = "true") throws -> Diagnosis {
        try diagnosis(Installation().runAsOrdinaryUser(preparation, ["doctor", "--format", "json"]))
    }

    private func shell(_ script: String) throws -> String {
        let outcome = try run(["sh", "-c", script])
        try #require(outcome.status == 0, "\(script): \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: the form

    @Test func whatIsNotOkSaysWhatWouldAllowIt() throws {
        for diagnosis in [try diagnosis(), try ordinaryUsersDiagnosis("ulimit -l 64")] {
            #expect(diagnosis.schema == "dioaudit/doctor/1")
            for finding in diagnosis.findings {
                #expect(["ok", "limited", "missing"].contains(finding.state))
                #expect((finding.state == "ok") == finding.remedies.isEmpty, "\(finding)")
                #expect(!finding.found.isEmpty && !finding.usedFor.isEmpty, "\(finding)")
            }
        }
    }

    @Test func theTextHasALineForEachFindingAndEachRemedy() throws {
        let installation = try Installation()
        // From one look: what others do on the machine may change it.
        let path = installation.scratch.file("text")
        let outcome = try installation.runAsOrdinaryUser(
            "umask 0; ulimit -l 64", ["doctor", "--format", "text=\(path)", "--format", "json"])
        let findings = try diagnosis(outcome).findings
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(separator: "\n")
        // A path may alone be wider.
        #expect(lines.allSatisfy { $0.count <= 100 || $0.split(separator: " ").count == 1 }, "\(text)")
        func flat(_ text: String) -> String { text.split { $0 == "\n" || $0 == " " }.joined(separator: " ") }
        for finding in findings {
            #expect(flat(text).contains(flat("\(finding.found) [\(finding.usedFor)]")), "\(finding)")
            for remedy in finding.remedies { #expect(flat(text).contains(flat(": " + remedy)), "\(remedy)") }
        }
        // What is to be pasted is a line of its own, or the end of one.
        for remedy in findings.flatMap(\.remedies) where remedy.hasPrefix("as root: ") {
            for command in remedy.dropFirst("as root: ".count).components(separatedBy: " && ") {
                #expect(lines.contains { $0.hasSuffix(" " + command) || $0.hasSuffix(" \(command) &&") }, "\(text)")
            }
        }
        for finding in findings {
            let begins = { (line: Substring) in
                line.hasPrefix(finding.state)
                    && (line.contains(" \(finding.name)  ") || line.hasSuffix(" \(finding.name)"))
            }
            #expect(lines.contains(where: begins), "\(finding.name)")
        }
        #expect(text.contains("dioaudit: ") && !text.contains("\u{1B}"))
    }

    @Test func wrongUsageIsAUsageError() throws {
        #expect(try run([Place.dioaudit, "doctor", "--format", "xml"]).status == 64)
        #expect(try run([Place.dioaudit, "doctor", "--format", "json=/nonexistent/file"]).status == 64)
        #expect(try run([Place.dioaudit, "doctor", "surplus"]).status == 64)
    }

    @Test func severalViewsGoWhereTheyAreTold() throws {
        let scratch = try Scratch()
        let path = scratch.file("doctor.json")
        let outcome = try run([Place.dioaudit, "doctor", "--no-color", "--format", "text", "--format", "json=\(path)"])
        #expect(outcome.output.hasPrefix("ok       kernel"))
        #expect(try StoredReport(String(contentsOfFile: path, encoding: .utf8)).root["findings"] is [Any])
    }

    // MARK: it changes nothing

    /// Other tests mount disks of theirs, and have probes of theirs, at the same time.
    @Test func nothingIsLeftOrChanged() throws {
        let scratch = try Scratch()
        let state = {
            try self.shell(
                "grep -v /dioaudit-tests- /proc/self/mounts; cat /proc/sys/kernel/perf_event_paranoid "
                    + "/proc/sys/fs/aio-max-nr; stat -c '%a %g' /sys/kernel/tracing 2>&1")
        }
        let before = try state()
        let outcome = try run(
            ["sh", "-c", "echo $$ >&2; exec \(Place.dioaudit) doctor"], environment: ["TMPDIR": scratch.path])
        #expect(outcome.status == 0)
        #expect(try state() == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
        let pid = outcome.errors.trimmingCharacters(in: .whitespacesAndNewlines)
        for directory in ["/", "/var/tmp", "."] {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(names.filter { $0.hasPrefix("dioaudit-") && $0.hasSuffix("-\(pid)") } == [])
        }
    }

    // MARK: claims

    @Test func theKernelIsTheOneThatRuns() throws {
        let found = try diagnosis().finding("kernel").found
        for oracle in ["uname -r", "uname -m", "getconf _NPROCESSORS_ONLN", "getconf GNU_LIBC_VERSION"] {
            #expect(found.contains(try shell(oracle)), "\(oracle): \(found)")
        }
    }

    @Test func theInterposersShareIsWhatASubjectLocksMore() throws {
        let fixture = Place.fixture("prints-locked-memory")
        let alone = try #require(Int(shell(fixture)))
        let under = try #require(Int(shell("\(Place.dioaudit) run --quiet -- \(fixture) || true")))
        let finding = try diagnosis().finding("interposer")
        #expect(finding.state == "ok")
        #expect(finding.found.contains("\(Place.interposer.split(separator: "/").last!), adds \(under - alone) KiB "))
    }

    @Test func anInterposerThatIsNotThereIsMissing() throws {
        let finding = try diagnosis(environment: ["DIOAUDIT_PRELOAD": "/nonexistent.so"]).finding("interposer")
        #expect(finding.state == "missing")
        #expect(finding.found.contains("/nonexistent.so") && finding.remedies == ["correct or unset DIOAUDIT_PRELOAD"])
    }

    @Test func aDriverThatCannotStartIsMissingAndSaysWhy() throws {
        #expect(try diagnosis().finding("driver").state == "ok")
        let scratch = try Scratch()
        let driver = try scratch.script("echo libaio.so.1: cannot open shared object file >&2; exit 127")
        let finding = try diagnosis(environment: ["DIOAUDIT_DRIVER": driver]).finding("driver")
        #expect(finding.state == "missing")
        #expect(finding.found == "\(driver) does not start: libaio.so.1: cannot open shared object file")
    }

    @Test(
        .enabled(if: isRoot, "needs root for file capabilities: .ci/run is root"))
    func capabilitiesOfItsOwnDoNotCutItOff() throws {
        let installation = try Installation()
        _ = try shell("/usr/sbin/setcap cap_ipc_lock=ep \(installation.dioaudit)")
        let diagnosis = try diagnosis(installation.runAsOrdinaryUser("true", ["doctor", "--format", "json"]))
        #expect(try diagnosis.finding("interposer").state == "ok")
        // No subject inherits it.
        #expect(try diagnosis.finding("memory lock").state == "limited")
    }

    @Test func theMemoryLockIsLimitedForAnOrdinaryUser() throws {
        let finding = try ordinaryUsersDiagnosis("ulimit -S -l 64; ulimit -H -l 512").finding("memory lock")
        #expect(finding.state == "limited")
        #expect(finding.found.contains("RLIMIT_MEMLOCK is 64 KiB, at most 512 KiB"))
        #expect(finding.remedies[0] == "ulimit -S -l 512")
        #expect(finding.remedies.contains { $0.contains(" - memlock unlimited' >> /etc/security/limits.d/") })
        #expect(finding.remedies.contains { $0.contains("LimitMEMLOCK=infinity") })
    }

    @Test func theRemedyNamesTheShellThatStartedIt() throws {
        let installation = try Installation()
        let user = isRoot ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""
        let said = try shell(
            "ulimit -S -l 64; echo prlimit --pid $$; "
                + "\(user) \(installation.dioaudit) doctor | grep -o 'prlimit --pid [0-9]*'")
        let lines = said.split(separator: "\n")
        #expect(lines.count == 2 && lines[0] == lines[1], "\(said)")
    }

    @Test(.enabled(if: isRoot, "needs root to have CAP_IPC_LOCK: .ci/run is root"))
    func theMemoryLockHasNoLimitWithTheCapabilityOnly() throws {
        #expect(try diagnosis().finding("memory lock").state == "ok")
        let without = try run([
            "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", Place.dioaudit, "doctor", "--format", "json",
        ])
        #expect(try diagnosis(without).finding("memory lock").state == "limited")
    }

    @Test(.enabled(if: isRoot, "needs root for the kernel's tracing: .ci/run is root"))
    func rootMayTrace() throws {
        let diagnosis = try diagnosis()
        for name in ["tracefs", "syscall tracepoint", "kernel tracepoints"] {
            #expect(try diagnosis.finding(name).state == "ok", "\(name)")
        }
        #expect(try diagnosis.finding("perf events").state == "ok")
        #expect(try diagnosis.finding("attach").state == "ok")
    }

    /// In a mount namespace, so that nobody else misses it.
    @Test(.enabled(if: isRoot, "needs root to unmount: .ci/run is root"))
    func rootNeedsNoMountedTracefs() throws {
        let outcome = try run(
            withOwnMounts + [
                "sh", "-c",
                """
                while umount /sys/kernel/tracing 2>/dev/null; do :; done
                \(Place.dioaudit) doctor | grep '^ok  *tracefs'
                grep -c tracefs /proc/self/mounts
                """,
            ])
        #expect(outcome.output.contains("not mounted; root looks into a mount of its own"), "\(outcome)")
        #expect(outcome.output.hasSuffix("\n0\n"))
    }

    @Test func whatAnOrdinaryUserMayTraceFollowsTheParanoia() throws {
        let diagnosis = try ordinaryUsersDiagnosis()
        let paranoia = try #require(Int(shell("cat /proc/sys/kernel/perf_event_paranoid")))
        let perf = try diagnosis.finding("perf events")
        #expect(perf.found.contains("kernel.perf_event_paranoid \(paranoia)"))
        #expect(perf.state == (paranoia <= 1 ? "ok" : paranoia == 2 ? "limited" : "missing"), "\(perf)")
        if paranoia > 1 { #expect(perf.remedies[0] == "as root: sysctl -w kernel.perf_event_paranoid=1") }
        let kernel = try diagnosis.finding("kernel tracepoints")
        if paranoia > -1 {
            #expect(kernel.state == "missing")
            #expect(kernel.remedies[0].contains("sysctl -w kernel.perf_event_paranoid=-1"), "\(kernel)")
        }
    }

    @Test(.enabled(if: isRoot, "needs root to grant a capability: .ci/run is root"))
    func theParanoiaDoesNotBindWhoHasCapPerfmon() throws {
        let installation = try Installation()
        let outcome = try run([
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+perfmon",
            "--ambient-caps=+perfmon",
            installation.dioaudit, "doctor", "--format", "json",
        ])
        let diagnosis = try diagnosis(outcome)
        #expect(try diagnosis.finding("perf events").state == "ok")
        let remedies = diagnosis.findings.flatMap(\.remedies)
        #expect(!remedies.contains { $0.contains("perf_event_paranoid") })
    }

    @Test(.enabled(if: isRoot && mayHavePrograms, "needs root, the first pid namespace and BTF: .ci/run has them"))
    func programsTakeTwoCapabilitiesAndTheFirstPidNamespace() throws {
        #expect(try diagnosis().finding("BPF programs").state == "ok")
        let installation = try Installation()
        let without = try ordinaryUsersDiagnosis().finding("BPF programs")
        #expect(without.state == "missing" && without.remedies == ["run dioaudit as root"], "\(without)")
        let with = try run([
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+perfmon,+bpf",
            "--ambient-caps=+perfmon,+bpf", installation.dioaudit, "doctor", "--format", "json",
        ])
        #expect(try diagnosis(with).finding("BPF programs").state == "ok")
        let inside = try run(["unshare", "--pid", "--fork", Place.dioaudit, "doctor", "--format", "json"])
        let finding = try diagnosis(inside).finding("BPF programs")
        #expect(finding.state == "missing" && finding.remedies[0].contains("--pid host"), "\(finding)")
        // Its group has the number 0 there.
        #expect(try diagnosis(inside).finding("seccomp notification").state == "ok")
    }

    @Test func anOrdinaryUserMayListenAndAttachToItsOwn() throws {
        let diagnosis = try ordinaryUsersDiagnosis()
        #expect(try diagnosis.finding("seccomp notification").state == "ok")
        let attach = try diagnosis.finding("attach")
        let scope = try shell("cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0")
        #expect(attach.state == (scope == "0" ? "limited" : "missing"), "\(attach)")
        if scope == "1" { #expect(attach.remedies == ["as root: sysctl -w kernel.yama.ptrace_scope=0"]) }
    }

    @Test func theEnginesFiguresAreTheKernels() throws {
        let diagnosis = try diagnosis()
        let most = try shell("cat /proc/sys/fs/aio-max-nr")
        #expect(try diagnosis.finding("libaio").found.contains(" of \(most) transfers"))
        let disabled = try shell("cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || true")
        if disabled == "0" { #expect(try diagnosis.finding("io_uring").state == "ok") }
    }

    // MARK: sandboxes

    /// Root in a user namespace has every capability there, and none that counts.
    @Test(
        .enabled(
            if: mayMakeUserNamespaces, "needs user namespaces, which the kernel makes nobody in a chroot"))
    func rootOfANamespaceIsNone() throws {
        let installation = try Installation()
        let outcome = try installation.runAsOrdinaryUser(
            "exec unshare --user --map-root-user \(installation.dioaudit) doctor --format json; exit", ["doctor"])
        let diagnosis = try diagnosis(outcome)
        #expect(try diagnosis.finding("memory lock").state == "limited")
        let paranoia = try #require(Int(shell("cat /proc/sys/kernel/perf_event_paranoid")))
        let remedy = try diagnosis.finding("perf events").remedies.first
        #expect((remedy == "as root: sysctl -w kernel.perf_event_paranoid=1") == (paranoia > 1))
    }

    /// Runs a command under a seccomp filter that refuses some calls, as a container's would, and kills for one.
    private static let sandbox = """
        import ctypes, os, struct, sys
        refused, killed = [298, 425, 317, 101], 206   # perf_event_open, io_uring_setup, seccomp, ptrace; io_setup
        load, equal, give = 0x20, 0x15, 0x06
        lines = [(load, 0, 0, 0)]
        for number in refused: lines += [(equal, 0, 1, number), (give, 0, 0, 0x00050001)]
        lines += [(equal, 0, 1, killed), (give, 0, 0, 0x80000000), (give, 0, 0, 0x7fff0000)]
        code = b"".join(struct.pack("HBBI", *line) for line in lines)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(buffer))
        libc = ctypes.CDLL(None, use_errno=True)
        zero = ctypes.c_ulong(0)
        assert libc.prctl(38, ctypes.c_ulong(1), zero, zero, zero) == 0
        assert libc.prctl(22, ctypes.c_ulong(2), ctypes.c_char_p(program)) == 0
        os.execvp(sys.argv[1], sys.argv[1:])
        """

    @Test func aSandboxIsNamedAsOne() throws {
        let outcome = try run(
            ["/usr/bin/python3", "-c", Self.sandbox, Place.dioaudit, "doctor", "--format", "json"])
        let diagnosis = try diagnosis(outcome)
        for name in ["seccomp notification", "attach", "io_uring"] {
            let finding = try diagnosis.finding(name)
            #expect(finding.state == "missing" && finding.found.contains("Operation not permitted"), "\(finding)")
            #expect(finding.remedies[0].contains("seccomp=unconfined"), "\(finding)")
        }
        #expect(try diagnosis.finding("perf events").state == "missing")
        let killed = try diagnosis.finding("libaio")
        #expect(killed.state == "missing" && killed.found.hasPrefix("killed by signal \(SIGSYS)"), "\(killed)")
    }

    // MARK: file systems

    @Test func aFileSystemInMemoryIsNone() throws {
        let finding = try diagnosis(environment: ["TMPDIR": "/dev/shm"]).finding("O_DIRECT in /dev/shm")
        #expect(finding.state == "missing" && finding.found.contains("its file system is in memory"), "\(finding)")
        #expect(finding.remedies[0].contains("--directory"))
    }

    @Test(.enabled(if: isRoot, "needs root for a loop mount: .ci/run is root"))
    func aMountedDiskIsFoundWithItsAlignment() throws {
        let disk = try LoopDisk(mebibytes: 8)
        let device = try shell("mountpoint -d \(disk.mountPoint)")
        let queue = "/sys/dev/block/\(device)/queue"
        let memory = try #require(Int(shell("cat \(queue)/dma_alignment"))) + 1
        let offset = try shell("cat \(queue)/logical_block_size")
        let finding = try diagnosis().finding("O_DIRECT in \(disk.mountPoint)")
        #expect(finding.state == "ok")
        #expect(
            finding.found == "ext4, a block was written; aligned to \(memory) B in memory, \(offset) B in the file")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.mountPoint) == ["lost+found"])
        // Not another user's to write to.
        let others = try ordinaryUsersDiagnosis().findings.map(\.name)
        #expect(!others.contains("O_DIRECT in \(disk.mountPoint)"))
    }

    @Test(.enabled(if: isRoot, "needs root for a loop mount: .ci/run is root"))
    func aMountPointMayHaveASpaceAndABackslash() throws {
        let scratch = try Scratch()
        let path = scratch.file("a b\\c")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        _ = try shell(
            "truncate -s 8M \(scratch.path)/image; /sbin/mkfs.ext4 -q \(scratch.path)/image; "
                + "mount -o loop \(scratch.path)/image '\(path)'")
        defer { _ = try? run(["umount", path]) }
        #expect(try diagnosis().finding("O_DIRECT in \(path)").found.hasPrefix("ext4, "))
    }
}
