import Foundation
import Testing

/// What dioaudit says where it cannot do what it was asked for: what, where, and what to do.
@Suite struct MessageTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    // MARK: usage

    struct Wrong: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let words: [String]

        init(_ arguments: String, _ words: String...) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.words = words
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let wrong = [
        Wrong("run --timeout 0s -- true", "'0s'", "'--timeout <duration>'", "leave the option out for no limit"),
        Wrong("run --timeout -1s -- true", "'-1s'", "'--timeout <duration>'", "not negative", "10s"),
        Wrong("run --timeout 5x -- true", "'5x'", "'--timeout <duration>'", "500ms, 10s or 2m"),
        Wrong("run --warmup-time 1d -- true", "'1d'", "'--warmup-time <duration>'", "500ms, 10s or 2m"),
        Wrong("run --warmup-ios 4x -- true", "'4x'", "'--warmup-ios <n>'", "4, or read=4,write=1024"),
        Wrong("run --warmup-ios read=4,read=5 -- true", "'read=4,read=5'", "read=4,write=1024"),
        Wrong("run --warmup-ios reads=4 -- true", "'reads=4'", "read=4,write=1024"),
        Wrong("run --warmup-ios write= -- true", "'write='", "read=4,write=1024"),
        Wrong("run --warmup-ios -4 -- true", "'-4'", "read=4,write=1024"),
        Wrong("run --steady-after ten -- true", "'ten'", "'--steady-after <n>'", "such as 100"),
        Wrong(
            "run --steady-after 9 --warmup-ios 4 -- true", "--steady-after and --warmup-ios exclude each other",
            "of a process", "of each file"),
        Wrong(
            "run --steady-after 9 --phases markers -- true", "--steady-after and --phases markers exclude each other",
            "the program's own markers"),
        Wrong(
            "run --warmup-time 1s --phases markers -- true", "--warmup-time and --phases markers exclude each other"),
        Wrong("run --warmup-ios 4 --phases markers -- true", "--warmup-ios and --phases markers exclude each other"),
        Wrong("run --process a\\b -- true", "'a\\b'", "'--process <pattern>'", "such as mdmon"),
        Wrong("run --process mdmon --enforce deny -- true", "--process and --enforce deny exclude each other"),
        Wrong(
            "run --steady-from USR1 -- true", "'USR1'", "'--steady-from <cue>'", "signal:USR1, signal:USR2 or file:PATH"
        ),
        Wrong("run --steady-from signal:TERM -- true", "'signal:TERM'", "signal:USR1"),
        Wrong("run --steady-to file: -- true", "'file:'", "file:/run/app/ready"),
        Wrong(
            "run --steady-from file:/no --steady-after 5 -- true", "--steady-from and --steady-after exclude each other"
        ),
        Wrong("run --steady-from file:/no --warmup-ios 5 -- true", "--steady-from and --warmup-ios exclude each other"),
        Wrong(
            "run --steady-from file:/no --warmup-time 5 -- true", "--steady-from and --warmup-time exclude each other"),
        Wrong(
            "run --steady-to file:/no --phases markers -- true", "--steady-to and --phases markers exclude each other"),
        Wrong(
            "run --steady-from file:/no --steady-to file:/no -- true", "both file:/no", "a cue of its own"),
        Wrong(
            "run --steady-from signal:USR1 --steady-to signal:SIGUSR1 -- true", "both signal:USR1", "a cue of its own"),
        Wrong("run --wait -1 -- true", "'-1'", "'--wait <duration>'", "10s"),
        Wrong("run --min-ios -1 -- true", "'-1'", "'--min-ios <min-ios>'", "such as 100"),
        Wrong("run --kernel-limit kmalloc -- true", "'kmalloc'", "'--kernel-limit <what=n>'", "kmalloc=1.5"),
        Wrong("run --kernel-limit kmaloc=0 -- true", "'kmaloc=0'", "kmalloc is near"),
        Wrong("run --kernel-limit kmalloc=-1 -- true", "'kmalloc=-1'", "N from 0 on", "kmalloc=1.5"),
        Wrong("run --squeeze --squeeze-slack 5q -- true", "'5q'", "'--squeeze-slack <size>'", "64k"),
        Wrong("run --scope threads:x -- true", "'threads:x'", "'--scope <scope>'", "'thread:worker*'"),
        Wrong(
            "run --format jsn -- true", "'jsn'", "text, json, html, junit, sarif, ", ", csv, suppressions",
            "json=report.json"
        ),
        Wrong("run --format json= -- true", "'json='", "json=report.json"),
        Wrong("run --timout 5s -- true", "'--timout'", "Did you mean '--timeout'?"),
        Wrong("attach --pid 1 --duration 0s", "'0s'", "'--duration <duration>'", "10s"),
        Wrong("attach --pid -1", "'-1'", "'--pid <pid>'", "ps -e"),
        Wrong("matrix --transfers 0", "'0'", "'--transfers <transfers>'", "such as 2000"),
        Wrong("doctor --format suppressions", "'suppressions'", "text, json;"),
        Wrong("rum -- true", "'rum'", "no such command", "did you mean 'run'?"),
        Wrong("adit", "'adit'", "did you mean 'audit'?"),
        Wrong("frobnicate", "'frobnicate'", "audit, run, attach, report, compare, matrix, doctor, init"),
    ]

    @Test(arguments: wrong) func whatIsNotUnderstoodIsNamedWithAnExample(wrong: Wrong) throws {
        let outcome = try run([Place.dioaudit] + wrong.arguments)
        #expect(outcome.status == 64 && outcome.output.isEmpty, "\(outcome)")
        for words in wrong.words { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
    }

    @Test(arguments: [
        ["--timeout", "50"], ["--wait", "0s"], ["--warmup-time", "0s"], ["--timeout", "0.5h"],
        ["--warmup-ios", "read=0"], ["--warmup-ios", "write=5,read=4"], ["--steady-after", "0"],
        ["--steady-after", "5", "--warmup-time", "1s"],
    ])
    func whatHasAMeaningIsTaken(options: [String]) throws {
        #expect(try run([Place.dioaudit, "run"] + options + ["--", "true"]).status == 2)
    }

    // MARK: the program

    /// In one line, however wide it was: what goes on below is indented.
    private func lastLine(_ outcome: Outcome) -> String {
        let lines = outcome.errors.split(separator: "\n")
        let first = lines.lastIndex { !$0.hasPrefix(" ") } ?? lines.startIndex
        return unwrapped(lines[first...].joined(separator: "\n"))
    }

    private func unwrapped(_ text: String) -> String {
        text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }

    @Test func whatCannotStartSaysWhy() throws {
        let script = scratch.file("script")
        try "#!/no/interpreter\n".write(toFile: script, atomically: true, encoding: .utf8)
        chmod(script, 0o755)
        try "text".write(toFile: scratch.file("text"), atomically: true, encoding: .utf8)
        for (command, words) in [
            ("/no/such/program", "/no/such/program: No such file or directory"),
            ("no-such-program", ": no directory of PATH has "),
            (scratch.path, "\(scratch.path): Permission denied: it is a directory"),
            (scratch.file("text"), "Permission denied: it may not be executed; chmod +x \(scratch.file("text"))"),
            (script, "No such file or directory: it is there, but not what runs it: /no/interpreter"),
        ] {
            let (outcome, report) = try audit([command])
            #expect(outcome.status == 3, "\(outcome)")
            #expect(lastLine(outcome).hasPrefix("dioaudit: could not start: "), "\(outcome.errors)")
            #expect(lastLine(outcome).contains(words), "\(outcome.errors)")
            #expect(!outcome.errors.contains("inconclusive") && report.verdict == "inconclusive")
            let failure = report.audits.first?["failure"] as? String
            #expect(failure.map { "dioaudit: \($0)" } == lastLine(outcome))
        }
    }

    @Test func aFailureOfItsOwnIsTheProgramsFailure() throws {
        for (command, words) in [
            (["false"], "dioaudit: program failed: false: the subject exited with status 1"),
            (["sh", "-c", "kill -9 $$"], "dioaudit: program failed: sh: the subject was killed by signal 9 (Killed)"),
        ] {
            let outcome = try run([Place.dioaudit, "run", "--quiet", "--"] + command)
            #expect(outcome.status == 3 && outcome.errors == words + "\n", "\(outcome)")
        }
    }

    /// A daemon is ended by SIGTERM.
    @Test(arguments: [("exit 7", "7"), ("kill $$", "143")])
    func anExpectedExitIsNoFailure(script: String, status: String) throws {
        let program = ["--", "sh", "-c", script]
        #expect(try run([Place.dioaudit, "run", "--quiet", "--expect-exit", status] + program).status == 2)
        #expect(try run([Place.dioaudit, "run", "--quiet"] + program).status == 3)
        #expect(try run([Place.dioaudit, "run", "--expect-exit", "256"] + program).status == 64)
    }

    @Test(.enabled(if: isRoot, "needs root for a memory cgroup: .ci/run is root"))
    func whomTheSqueezeKillsHasFailed() throws {
        let command = ["--", Place.fixture("touches-memory"), scratch.file("data")]
        let words = "the subject ran out of memory under the squeeze: the kernel killed 1 process"
        let allowed = try run([Place.dioaudit, "run", "--quiet", "--squeeze", "--allow", "all"] + command)
        #expect(allowed.status == 3, "\(allowed)")
        #expect(lastLine(allowed) == "dioaudit: program failed: touches-memory: \(words)", "\(allowed)")
        // The violation comes first, and the kill is said too.
        let violating = try run([Place.dioaudit, "run", "--quiet", "--squeeze"] + command)
        #expect(violating.status == 1 && lastLine(violating).hasPrefix("dioaudit: fail: "), "\(violating)")
        #expect(lastLine(violating).hasSuffix("; \(words)"), "\(violating)")
    }

    // MARK: limits that nothing met

    @Test(.enabled(if: isRoot, "needs root for tracepoints: .ci/run is root"))
    func aLimitForASiteThatNeverOccurredIsSaid() throws {
        let command = [Place.fixture("no-allocation-clean"), scratch.file("data")]
        let limits = ["--kernel-limit", "vfs_read*=0", "--kernel-limit", "*=100"]
        let (outcome, report) = try audit(command, options: limits)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let notes = try #require(report.audits.first?["notes"] as? [String])
        let note = try #require(notes.first)
        #expect(notes.count == 1 && note.hasPrefix("--kernel-limit vfs_read*=0: nothing that it limits"))
        #expect(unwrapped(outcome.errors).contains(" note: \(note) "), "\(outcome.errors)")
        let (strict, _) = try audit(command, options: limits + ["--strict"])
        #expect(strict.status == 1 && strict.errors.contains("--strict: --kernel-limit vfs_read*=0 is stale"))
        // No function of this kernel's has such a name: it would limit nothing for ever.
        let (misspelt, _) = try audit(command, options: ["--kernel-limit", "iomap_oid_*=0"])
        let words = "--kernel-limit iomap_oid_*=0: the running kernel has no function of this name"
        #expect(misspelt.status == 2 && unwrapped(misspelt.errors).contains(words), "\(misspelt.errors)")
        // Who does not look does not know.
        let (_, blind) = try audit(command, options: limits + ["--kernel", "off"])
        #expect((blind.audits.first?["notes"] as? [String])?.isEmpty == true)
    }

    /// The kernel's log names the call, and its place says who made it.
    @Test(.enabled(if: isRoot && mayHavePrograms, "needs root, to read the kernel's log, and BPF programs"))
    func theCallThatAFilterForbadeIsNamed() throws {
        try """
        #define _GNU_SOURCE
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <fcntl.h>
        #include <stddef.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int count, char **arguments) {
            int forbidden = atoi(arguments[1]);
            struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, forbidden, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
            struct sock_fprog program = {4, code};
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 1;
            int fd = open(arguments[2], O_RDWR | O_CREAT | O_DIRECT, 0600);
            getuid();
            return fd < 0;
        }
        """.write(toFile: scratch.file("filtered.c"), atomically: true, encoding: .utf8)
        let program = scratch.file("filtered")
        try #require(try run(["gcc", scratch.file("filtered.c"), "-o", program]).status == 0)
        // getuid, which the program makes, and kcmp, which the interposer makes where an O_DIRECT file is opened.
        for (call, maker) in [(102, "the program made itself"), (312, "dioaudit's interposer made")] {
            let outcome = try run([Place.dioaudit, "run", "--", program, "\(call)", scratch.file("data")])
            #expect(outcome.status == 3, "\(outcome)")
            #expect(
                outcome.said.contains("forbade system call \(call) ") && outcome.said.contains(maker),
                "\(outcome.errors)")
        }
    }

    @Test func aForbiddenCallThatNoLogShowsIsNamedAsSuch() throws {
        let outcome = try run([Place.dioaudit, "run", "--", "sh", "-c", "kill -SYS $$"])
        #expect(outcome.status == 3 && outcome.said.contains("strace -f"), "\(outcome.errors)")
    }

    // MARK: the driver

    /// The real driver, whose libaio has a name that no file has: what the dynamic linker says of it goes to standard error.
    @Test func aDriverThatCannotStartIsHeard() throws {
        let driver = scratch.file("driver")
        var bytes = try Data(contentsOf: URL(filePath: Place.driver))
        let name = try #require(bytes.range(of: Data("libaio.so.1".utf8)))
        bytes.replaceSubrange(name, with: Data("libnon.so.1".utf8))
        try bytes.write(to: URL(filePath: driver))
        chmod(driver, 0o755)
        let outcome = try run(
            [Place.dioaudit, "audit", "--directory", scratch.path], environment: ["DIOAUDIT_DRIVER": driver])
        #expect(outcome.status == 3, "\(outcome)")
        let said = outcome.output.split(separator: "\n").filter { $0.contains("libnon.so.1") }
        #expect(said.count == 1, "\(outcome.output)")
        #expect(said.first?.contains("error while loading shared libraries") == true, "\(said)")
        #expect(outcome.output.contains("psync-read-4k and 21 others: inconclusive"), "\(outcome.output)")
        #expect(!outcome.output.contains("another libc"), "\(outcome.output)")
    }

    @Test(arguments: [("kill -9 $$", "killed by signal 9 (Killed): last words"), ("exit 77", "status 77: last words")])
    func aDriverThatEndsInAnotherWayIsHeard(end: String, words: String) throws {
        let driver = try scratch.script("echo last words >&2; \(end)")
        let outcome = try run(
            [Place.dioaudit, "audit", "--only", "metadata-4k"], environment: ["DIOAUDIT_DRIVER": driver])
        #expect(outcome.status == 3 && outcome.output.contains(words), "\(outcome)")
    }

    @Test(arguments: [64, 1024]) func aLowLimitIsSaidOnce(kibibytes: Int) throws {
        let outcome = try Installation().runAsOrdinaryUser("ulimit -l \(kibibytes)", ["audit"])
        #expect(outcome.status == 2, "\(outcome)")
        let said = unwrapped(outcome.output)
        #expect(said.components(separatedBy: "RLIMIT_MEMLOCK").count == 2, "\(outcome.output)")
        #expect(said.contains("RLIMIT_MEMLOCK is \(kibibytes) KiB"), "\(outcome.output)")
        #expect(!outcome.output.contains(" 0/0 "), "zeros of what did not take place: \(outcome.output)")
        let needed = try #require(said.split(separator: "'ulimit -l ").last?.prefix { $0.isNumber })
        // It is what all of them need, and no less does.
        let enough = try Installation().runAsOrdinaryUser("ulimit -l \(needed)", ["audit"])
        #expect(enough.status == 0, "\(enough.output)")
    }

    // MARK: the root

    /// Chrooted into a plain directory, which is no mount point; /proc in it is one.
    @Test(.enabled(if: isRoot, "needs root for loop devices and mounts: .ci/run is root"))
    func aRootThatIsNoMountPoint() throws {
        let script = """
            root=$1; dioaudit=$2; scratch=$3; shift 3
            for name in usr lib lib64 bin sbin etc dev sys opt proc; do
                [ -e /$name ] || continue
                if [ -L /$name ]; then cp -d /$name $root/$name; else mkdir $root/$name; mount --rbind /$name $root/$name; fi
            done
            for directory in $(dirname $dioaudit) $scratch; do
                mkdir -p $root/$directory; mount --rbind $directory $root/$directory
            done
            status=0; chroot $root $dioaudit "$@" || status=$?
            ! grep dioaudit-disk /proc/self/mountinfo
            exit $status
            """
        let root = try Scratch()
        let outcome = try run(
            [
                "unshare", "--mount", "--propagation", "shared", "sh", "-ec", script, "sh", root.path, Place.dioaudit,
                scratch.path, "matrix", "--only", "ext4", "--only", "psync", "--only", "write",
                "--only", "4k", "--transfers", "20", "--directory", scratch.path,
            ])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("dioaudit: matrix: 1 of 1 cell"), "\(outcome)")
    }
}
