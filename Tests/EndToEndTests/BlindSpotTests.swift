import Foundation
import Testing

/// Programs that the interposer cannot see into, built in the ways in which such programs are: none may pass. And those that
/// only look so: they are counted exactly.
@Suite struct BlindSpotTests {
    /// Ten transfers and ten allocations, nine transfers of them steady.
    private static let source = "heap-each-transfer.c"
    private static let faults = ["--allow", "pageFaultMinor,pageFaultMajor"]
    private static let libraries = "/usr/lib/x86_64-linux-gnu"

    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    // MARK: building

    /// Compiles a fixture's source, or one of ours, in a way of this test's.
    private func build(
        _ name: String, from source: String = source, with compiler: String = "gcc", _ flags: String
    ) throws -> String {
        let path = scratch.file(name)
        let fixtures = "\(Place.repository)Fixtures"
        let file =
            FileManager.default.fileExists(atPath: scratch.file(source))
            ? scratch.file(source) : "\(fixtures)/\(source)"
        let words = flags.split(separator: " ").map(String.init)
        let built = try run([compiler, "-O1", "-I\(fixtures)", file, "-o", path] + words)
        guard built.status == 0 else { throw Failure("\(compiler) \(name): \(built.errors)") }
        return path
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: scratch.file(name), atomically: true, encoding: .utf8)
    }

    private func strip(_ path: String, with command: String = "strip --strip-all") throws {
        let stripped = try run(command.split(separator: " ").map(String.init) + [path])
        guard stripped.status == 0 else { throw Failure("\(command): \(stripped.errors)") }
    }

    // MARK: judging

    private func audited(
        _ program: String, _ arguments: [String] = [], options: [String] = [], environment: [String: String] = [:]
    ) throws -> (Outcome, Run) {
        let (outcome, report) = try audit(
            [program] + arguments + [scratch.file("data")], options: Self.faults + options, environment: environment)
        return (outcome, try Run(report))
    }

    private func expectCounted(_ program: String, environment: [String: String] = [:]) throws {
        let (outcome, run) = try audited(program, environment: environment)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(run.audit["verdict"] as? String == "fail")
        // And what libc, or the allocator, asks of the kernel for them.
        #expect(run.reasons.count == 1, "\(run.reasons)")
        let counted = run.reasons.first?.replacing(/, [0-9]+ (brk|mmap) system call/, with: "")
        #expect(counted == "in the steady phase: 10 mallocs")
        #expect(try run.transfers("steady") == 9)
        #expect(try run.heapCalls("steady") == 10)
        #expect(try run.calls("malloc", in: "steady") == 10)
        #expect(try run.calls("free", in: "steady") == 10)
        #expect(
            run.calls(of: "malloc", in: "main") == 10
                || run.violations.contains { $0.kind == "malloc" && $0.calls == 10 })
    }

    private func expectBlind(
        _ program: String, _ words: String..., environment: [String: String] = [:], statuses: Set<Int32> = [2]
    ) throws {
        // As root, the mapping calls of a program that loads no interposer are judged all the same.
        let isJudged = words.contains { $0.hasSuffix("loads no interposer") || $0.hasSuffix("ignores LD_PRELOAD") }
        let statuses = isRoot && isJudged ? statuses.union([1]) : statuses
        let (outcome, run) = try audited(program, environment: environment)
        #expect(statuses.contains(outcome.status), "\(outcome.errors)")
        let verdict = outcome.status == 1 ? "fail" : "inconclusive"
        #expect(run.audit["verdict"] as? String == verdict, "\(outcome.errors)")
        let name = program.split(separator: "/").last.map(String.init) ?? program
        #expect(
            run.reasons.contains { reason in reason.contains(name) && words.allSatisfy(reason.contains) },
            "\(words) is not said of \(name) in \(run.reasons)")
    }

    // MARK: no dynamic linker, or another

    @Test(arguments: ["-static", "-static-pie"]) func staticPrograms(flags: String) throws {
        try expectBlind(build("stays-alone", flags), "is a static program, which loads no interposer")
    }

    /// Its file is searched after its end.
    @Test func aStaticProgramThatRemovesItself() throws {
        try write(
            "#include <unistd.h>\nint main(int count, char **arguments) { return unlink(arguments[0]); }",
            to: "removes-itself.c")
        let program = try build("removes-itself", from: "removes-itself.c", with: "clang", "-static")
        try expectBlind(program, "is a static program, which loads no interposer")
    }

    @Test(.enabled(if: isInstalled("musl-gcc"), "needs the package musl-tools"))
    func anotherLibc() throws {
        let headers = "-idirafter /usr/include/\(machine)-linux-gnu -idirafter /usr/include"
        let still = try build("musl-static", with: "musl-gcc", "-static \(headers)")
        try expectBlind(still, "is a static program, which loads no interposer")
        // musl's linker does take LD_PRELOAD, and cannot bind ours: the program does not start.
        let dynamic = try build("musl-dynamic", with: "musl-gcc", headers)
        try expectBlind(dynamic, "uses another libc than the interposer knows (/lib/ld-musl-", statuses: [3])
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/lib/ld-linux.so.2"), "needs the package libc6-i386"))
    func anotherArchitecture() throws {
        try write(
            #"void _start(void) { __asm__ volatile("movl $1, %eax; xorl %ebx, %ebx; int $0x80"); }"#, to: "ends.c")
        let flags = "-m32 -nostdlib -fuse-ld=lld -fPIC -pie -Wl,--dynamic-linker=/lib/ld-linux.so.2"
        let program = try build("of-32-bits", from: "ends.c", with: "clang", flags)
        try expectBlind(program, "is of another architecture than the interposer")
        let still = try build("static-of-32-bits", from: "ends.c", with: "clang", "-m32 -nostdlib -fuse-ld=lld -static")
        try expectBlind(still, "is a static program, which loads no interposer")
    }

    // MARK: privileges

    /// ld.so is in its secure mode where the real and the effective user or group differ: for root, a program that is set-uid
    /// root is like any other.
    @Test(.enabled(if: isRoot, "needs root")) func setUserIdOfOneself() throws {
        let program = try build("set-uid-root", "")
        chmod(program, 0o4755)
        try expectCounted(program)
    }

    @Test(.enabled(if: isRoot, "needs root"), arguments: [("65534:0", 0o4755), ("0:65534", 0o2755)])
    func setUserIdOfAnother(owner: String, mode: mode_t) throws {
        let program = try build("set-uid-other", "")
        _ = try run(["chown", owner, program])
        chmod(program, mode)
        _ = FileManager.default.createFile(atPath: scratch.file("data"), contents: nil)
        chmod(scratch.file("data"), 0o666)
        try expectBlind(program, "is set-uid or set-gid, for which the dynamic linker ignores LD_PRELOAD")
    }

    private func asOrdinaryUser(_ program: String, options: String) throws -> (Outcome, Run) {
        let report = scratch.file("report.json")
        let outcome = try Installation().runAsOrdinaryUser(
            "true",
            ["run"] + Self.faults + options.split(separator: " ").map(String.init)
                + ["--format", "text", "--format", "json=\(report)", "--", program, scratch.file("data")])
        return (outcome, try Run(StoredReport(String(contentsOfFile: report, encoding: .utf8))))
    }

    /// Who may not trace watches by seccomp, which takes set-uid programs their privileges (PR_SET_NO_NEW_PRIVS): then the
    /// program runs as the user, and is observed.
    @Test(.enabled(if: isRoot, "needs root")) func setUserIdByAnOrdinaryUser() throws {
        let program = try build("set-uid-root", "")
        chmod(program, 0o4755)
        let (outcome, blind) = try asOrdinaryUser(program, options: "--syscalls off")
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(blind.audit["verdict"] as? String == "inconclusive")
        #expect(blind.reasons.contains { $0.contains("set-uid-root is set-uid or set-gid") }, "\(blind.reasons)")
        try FileManager.default.removeItem(atPath: scratch.file("data"))
        let (watched, seen) = try asOrdinaryUser(program, options: "--syscalls seccomp")
        #expect(watched.status == 1, "\(watched.errors)")
        #expect(try seen.calls("malloc", in: "steady") == 10)
    }

    @Test(.enabled(if: isRoot && isInstalled("setcap"), "needs root and the package libcap2-bin"))
    func fileCapabilities() throws {
        let program = try build("has-capabilities", "")
        let given = try run(["setcap", "cap_net_raw+ep", program])
        try #require(given.status == 0, "\(given.errors)")
        // Root has them anyway: nothing is gained, and ld.so is not in its secure mode.
        try expectCounted(program)
        try FileManager.default.removeItem(atPath: scratch.file("data"))
        let (outcome, blind) = try asOrdinaryUser(program, options: "--syscalls off")
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(
            blind.reasons.contains {
                $0.contains("has-capabilities has file capabilities, for which the dynamic linker")
            },
            "\(blind.reasons)")
    }

    // MARK: allocators

    private static let shared = ["jemalloc": "libjemalloc.so.2", "tcmalloc_minimal": "libtcmalloc_minimal.so.4"]
    /// Debian's archives, and what is linked in with them.
    private static let archives = [
        "jemalloc_pic": "jemalloc", "tcmalloc_minimal": "tcmalloc", "tcmalloc_minimal_debug": "tcmalloc",
        "dmalloc": "dmalloc",
    ]
    private static let hasAllocators =
        archives.keys.allSatisfy { FileManager.default.fileExists(atPath: "\(libraries)/lib\($0).a") }
    private static let needsAllocators: Comment =
        "needs the packages libjemalloc-dev, libgoogle-perftools-dev and libdmalloc-dev"

    private func linkedStatically(_ archive: String) -> String {
        "-Wl,-Bstatic -l\(archive) -Wl,-Bdynamic -lpthread -lstdc++ -lm -ldl"
    }

    @Test(.enabled(if: hasAllocators, needsAllocators), arguments: Array(shared.keys))
    func sharedAllocatorsAreCounted(allocator: String) throws {
        try expectCounted(build("is-linked", "-Wl,--no-as-needed -l\(allocator)"))
    }

    private static let preloadable =
        ["libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libtcmalloc_debug.so.4", "libmimalloc.so.2"].filter {
            FileManager.default.fileExists(atPath: "\(libraries)/\($0)")
        }

    /// Whatever of C++'s operators they have: a C library has fewer, and a debugging one looks who drops what.
    @Test(.enabled(if: hasAllocators, needsAllocators), arguments: preloadable)
    func preloadedAllocatorsAreCounted(library: String) throws {
        let preload = ["LD_PRELOAD": library]
        try expectCounted(build("is-preloaded", ""), environment: preload)
        for (program, malloc, aligned, free) in [("operator-new", 10, 0, 10), ("operator-variants", 10, 26, 36)] {
            let (outcome, run) = try audited(Place.fixture(program), environment: preload)
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(try run.calls("malloc", in: "steady") == malloc)
            #expect(try run.calls("alignedAlloc", in: "steady") == aligned)
            #expect(try run.calls("free", in: "steady") == free)
            #expect(try run.heapCalls("steady") == malloc + aligned)
        }
    }

    @Test(.enabled(if: hasAllocators, needsAllocators), arguments: Array(shared.keys))
    func denialReachesAnAllocatorsOperators(allocator: String) throws {
        let (outcome, run) = try audited(
            Place.fixture("operator-new"), options: ["--enforce", "deny"],
            environment: ["LD_PRELOAD": try #require(Self.shared[allocator])])
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("std::bad_alloc"), "\(outcome.errors)")
        #expect(run.violations.contains { $0.kind == "malloc" })
    }

    @Test(.enabled(if: hasAllocators, needsAllocators), arguments: archives.sorted { $0.key < $1.key })
    func staticAllocatorsAreNoPass(archive: String, allocator: String) throws {
        let flags = linkedStatically(archive)
        // A debugging one may ask the kernel for more in the steady phase too.
        let statuses: Set<Int32> = archive == "dmalloc" ? [1, 2] : [2]
        let program = try build("is-static", flags)
        try expectBlind(program, "brings its own malloc, whose calls bypass the interposer", statuses: statuses)
        try strip(program)
        try expectBlind(program, "brings its own malloc, whose calls bypass the interposer", statuses: statuses)
        // Nothing of its symbols is left, neither for the dynamic linker nor for anybody else.
        let hidden = try build("is-hidden", "-Wl,--exclude-libs,ALL \(flags)")
        try expectBlind(hidden, "brings its own malloc, whose calls bypass the interposer", statuses: statuses)
        try strip(hidden)
        let symbols = try run(["nm", "--dynamic", hidden]).output
        #expect(!symbols.contains("malloc"), "\(symbols)")
        try expectBlind(hidden, "has \(allocator) linked into it", statuses: statuses)
        try strip(hidden, with: "llvm-objcopy --rename-section .rodata=.text.more")
        try expectBlind(hidden, "has \(allocator) linked into it", statuses: statuses)
        try strip(hidden, with: "llvm-objcopy --strip-sections")
        try expectBlind(hidden, "has no section headers", statuses: statuses)
    }

    /// It has no malloc: its functions are called by their own names, which are gone.
    @Test(.enabled(if: hasCollector, "needs the package libgc-dev")) func aCollectorsHeapIsNoPass() throws {
        let text = try String(contentsOfFile: "\(Place.repository)Fixtures/\(Self.source)", encoding: .utf8)
        try write(
            "#include <stddef.h>\nvoid *GC_malloc(size_t);\n"
                + text.replacingOccurrences(of: "malloc(32)", with: "GC_malloc(32)")
                .replacingOccurrences(of: "free(", with: "(void)("), to: "collected.c")
        let shared = try build("collects", from: "collected.c", "-lgc")
        try expectBlind(shared, "uses GC_malloc, which bypasses the interposer", statuses: [1])
        let hidden = try build("collects-alone", from: "collected.c", "-l:libgc.a -lpthread -ldl")
        try strip(hidden)
        try expectBlind(hidden, "has Boehm's collector linked into it", statuses: [1])
    }
    private static let hasCollector = FileManager.default.fileExists(atPath: "\(libraries)/libgc.a")

    /// A version may have lost all but one of an allocator's texts, and of some there is no package to link with.
    @Test(arguments: [
        ("TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD", "tcmalloc"), ("TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES", "tcmalloc"),
        ("out of memory trying to allocate internal tcmalloc data", "tcmalloc"),
        ("MALLOC: = %12lu (%7.1f MiB) Actual memory used (physical + swap)", "tcmalloc"),
        ("third_party/tcmalloc/tcmalloc.cc", "tcmalloc"), ("<jemalloc>: Error in munmap(): ", "jemalloc"),
        ("of the file referenced by the symbolic link named /etc/malloc.conf", "jemalloc"),
        ("Background threads: %zu, num_runs: %lu", "jemalloc"), ("mimalloc: warning: ", "mimalloc"),
        ("environment option mimalloc_%s has an invalid value.", "mimalloc"),
        ("numa node %i: reserved %zu GiB huge pages", "mimalloc"),
        ("malloc(): corrupted top size", "glibc's malloc"), ("free(): corrupted unsorted chunks", "glibc's malloc"),
        ("realloc(): invalid old size", "glibc's malloc"), ("max system bytes = %10lu", "dlmalloc"),
        ("TBB_MALLOC_SET_HUGE_SIZE_THRESHOLD", "TBB's malloc"), ("Scudo ERROR: corrupted chunk header", "Scudo"),
        ("Scudo OOM: ", "Scudo"), ("TBBmalloc: ", "TBB's malloc"), ("debug-malloc library: ", "dmalloc"),
        ("dmalloc: critical error: ", "dmalloc"), ("GC_LARGE_ALLOC_WARN_INTERVAL", "Boehm's collector"),
        ("GC Warning: Repeated allocation of very large block", "Boehm's collector"),
        ("\\xff Go buildinf:", "the Go runtime"),
    ])
    func oneTextOfAnAllocatorIsEnough(text: String, allocator: String) throws {
        let program = try String(contentsOfFile: "\(Place.repository)Fixtures/\(Self.source)", encoding: .utf8)
        try write("__attribute__((used)) static const char text[] = \"\(text)\";\n" + program, to: "says.c")
        let says = try build("says", from: "says.c", "")
        try strip(says)
        #expect(try audited(says).1.reasons.contains { $0.contains("has \(allocator) linked into it") })
        // And nothing less is: the fixture itself allocates, and is seen.
        try expectCounted(build("says-nothing", ""))
    }

    /// Its own names for it are called by a program that has it as a shared library.
    @Test(.enabled(if: hasAllocators, needsAllocators)) func anAllocatorsOwnInterfaceIsNoPass() throws {
        let text = try String(contentsOfFile: "\(Place.repository)Fixtures/\(Self.source)", encoding: .utf8)
        for (call, library) in [("mallocx(32, 0)", "jemalloc"), ("tc_malloc(32)", "tcmalloc_minimal")] {
            let function = String(call.prefix { $0 != "(" })
            try write(
                "#include <stddef.h>\nvoid *\(function)(size_t\(function == "mallocx" ? ", int" : ""));\n"
                    + text.replacingOccurrences(of: "malloc(32)", with: call), to: "own-interface.c")
            let program = try build("own-interface", from: "own-interface.c", "-l\(library)")
            try expectBlind(program, "uses \(function), which bypasses the interposer")
        }
    }

    // MARK: libraries with a malloc of their own

    /// A pool by the name of malloc, and a function that allocates from it ten times over.
    private static let pool = """
        #include <stddef.h>
        ATTRIBUTE void *malloc(size_t size);
        ATTRIBUTE void free(void *block);
        static char pool[1 << 16] __attribute__((aligned(16)));
        static size_t used;
        void *malloc(size_t size) { used += (size + 15) & ~(size_t)15; return pool + used - ((size + 15) & ~(size_t)15); }
        void free(void *block) { (void)block; }
        void allocate(void) { void *block = malloc(32); __asm__ volatile("" : "+r"(block)); free(block); }
        """

    private func buildWithLibrary(_ flags: String, attribute: String = "", stripped: Bool = false) throws -> String {
        try write(Self.pool.replacingOccurrences(of: "ATTRIBUTE", with: attribute), to: "pool.c")
        let library = try build("libpool.so", from: "pool.c", "-fno-builtin -fno-inline -shared -fPIC \(flags)")
        if stripped { try strip(library) }
        let text = try String(contentsOfFile: "\(Place.repository)Fixtures/\(Self.source)", encoding: .utf8)
        try write(
            "void allocate(void);\n" + text.replacingOccurrences(of: "free(keep(malloc(32)))", with: "allocate()"),
            to: "uses-pool.c")
        return try build("uses-pool", from: "uses-pool.c", "-L\(scratch.path) -lpool -Wl,-rpath,\(scratch.path)")
    }

    @Test(arguments: ["-Wl,-Bsymbolic", "-Wl,-Bsymbolic-functions", "-fuse-ld=lld -Wl,-Bsymbolic"])
    func librariesBoundToThemselves(flags: String) throws {
        try expectBlind(buildWithLibrary(flags), "libpool.so binds calls of malloc to its own (-Bsymbolic)")
    }

    @Test(arguments: ["hidden", "protected"]) func librariesThatKeepTheirMalloc(visibility: String) throws {
        let program = try buildWithLibrary("", attribute: "__attribute__((visibility(\"\(visibility)\")))")
        try expectBlind(
            program, "libpool.so",
            visibility == "hidden" ? "has a malloc that it keeps to itself" : "binds calls of malloc")
    }

    /// It calls its malloc through the dynamic linker, where the interposer's comes first.
    @Test(arguments: ["", "-Wl,-z,interpose", "-Wl,-z,now"]) func librariesThatCanBeInterposed(flags: String) throws {
        try expectCounted(buildWithLibrary(flags))
        try expectCounted(buildWithLibrary(flags, stripped: true))
    }

    @Test(.enabled(if: hasAllocators, needsAllocators)) func anAllocatorHiddenInALibrary() throws {
        try write("#include <stdlib.h>\nvoid allocate(void) { free(malloc(32)); }\n", to: "hides.c")
        let hides = try build(
            "libhides.so", from: "hides.c",
            "-fno-builtin -shared -fPIC -Wl,--exclude-libs,ALL \(linkedStatically("jemalloc_pic"))")
        try strip(hides)
        let program = try build("loads-it", "-Wl,--no-as-needed -L\(scratch.path) -lhides -Wl,-rpath,\(scratch.path)")
        let (outcome, run) = try audited(program)
        // What the program itself allocates is seen; that there may be more is said.
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(run.reasons.contains { $0.contains("libhides.so has jemalloc linked into it") }, "\(run.reasons)")
    }

    /// A name that leads to no file that dioaudit can read says nothing of what is in it.
    @Test func aLibraryThatIsGone() throws {
        let program = try buildWithLibrary("-Wl,-Bsymbolic")
        try write("rm \(scratch.file("libpool.so"))", to: "removes")
        let text = try String(contentsOfFile: scratch.file("uses-pool.c"), encoding: .utf8)
        try write(
            text.replacingOccurrences(
                of: "require(count > 1, \"which file?\");", with: "unlink(\"\(scratch.file("libpool.so"))\");"),
            to: "removes.c")
        _ = program
        let removes = try build("removes", from: "removes.c", "-L\(scratch.path) -lpool -Wl,-rpath,\(scratch.path)")
        try expectBlind(removes, "libpool.so", "its file cannot be read")
    }

    @Test(.timeLimit(.minutes(1))) func aProgramWhoseFileBecameAFIFO() throws {
        let program = try build("becomes-a-fifo", from: "becomes-a-fifo.c", "")
        try expectBlind(program, "it is no regular file", "whether it has a heap of its own is unknown")
    }

    /// It may come when nobody looks any more: what loading it allocates is allowed here.
    @Test func aLibraryLoadedInTheSteadyPhase() throws {
        try write(Self.pool.replacingOccurrences(of: "ATTRIBUTE", with: ""), to: "pool.c")
        let library = try build("libpool.so", from: "pool.c", "-fno-builtin -shared -fPIC -Wl,-Bsymbolic")
        try write(
            """
            #include "direct.h"
            #include <dlfcn.h>
            int main(int count, char **arguments) {
                int fd = open_direct(arguments[count - 1]);
                write_blocks(fd, 10);
                require(dlopen("\(library)", RTLD_NOW) != NULL, "libpool.so");
                write_blocks(fd, 10);
            }
            """, to: "loads-late.c")
        let (outcome, run) = try audited(
            build("loads-late", from: "loads-late.c", "-ldl"), options: ["--allow", "all", "--forbid", "valloc"])
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(run.reasons.contains { $0.contains("libpool.so binds calls of malloc to its own") }, "\(run.reasons)")
    }

    /// dlopen searches by the caller's own path, and must find it to be the program still.
    @Test func aLibraryFoundByTheProgramsOwnPath() throws {
        try write(Self.pool.replacingOccurrences(of: "ATTRIBUTE", with: ""), to: "pool.c")
        try FileManager.default.createDirectory(atPath: scratch.file("apart"), withIntermediateDirectories: false)
        _ = try build("apart/libpool.so", from: "pool.c", "-fno-builtin -shared -fPIC")
        try write(
            """
            #include "direct.h"
            #include <dlfcn.h>
            int main(int count, char **arguments) {
                void *library = dlopen("libpool.so", RTLD_NOW);
                require(library != NULL, "libpool.so");
                void (*allocate)(void) = (void (*)(void))dlsym(library, "allocate");
                int fd = open_direct(arguments[count - 1]);
                for (int i = 0; i < 10; i++) {
                    write_block(fd, i);
                    allocate();
                }
            }
            """, to: "searches.c")
        try expectCounted(
            build("searches", from: "searches.c", "-ldl -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/apart"))
    }

    /// A program's own functions come before the interposer's, whichever they are.
    @Test func aProgramsOwnFunctions() throws {
        let text = try String(contentsOfFile: "\(Place.repository)Fixtures/\(Self.source)", encoding: .utf8)
        try write(
            text + """

                int munlock(const void *at, size_t length) { return at == NULL && length == 0; }
                """, to: "own-munlock.c")
        let program = try build("own-munlock", from: "own-munlock.c", "-rdynamic")
        let (outcome, run) = try audited(program)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(run.reasons.contains { $0.contains("own-munlock (pid ") && $0.contains("brings its own munlock") })
    }

    @Test func moreLibrariesThanTheLedgerHolds() throws {
        try write("int one_of_many;\n", to: "one.c")
        let one = try build("one.so", from: "one.c", "-shared -fPIC")
        for index in 0..<170 {
            try FileManager.default.copyItem(atPath: one, toPath: scratch.file("one-\(index).so"))
        }
        try write(
            """
            #include "direct.h"
            #include <dlfcn.h>
            #include <stdio.h>
            int main(int count, char **arguments) {
                char path[4200];
                for (int i = 0; i < 170; i++) {
                    snprintf(path, sizeof(path), "\(scratch.path)/one-%d.so", i);
                    require(dlopen(path, RTLD_NOW) != NULL, path);
                }
                int fd = open_direct(arguments[count - 1]);
                write_blocks(fd, 10);
                close(fd);
            }
            """, to: "loads-many.c")
        try expectBlind(
            build("loads-many", from: "loads-many.c", "-ldl"), "loaded files more than the ledger has room for")
    }

    // MARK: ways of linking that hide nothing

    @Test(arguments: [
        "-Wl,-z,now", "-Wl,-z,lazy", "-Wl,--hash-style=sysv", "-Wl,--hash-style=gnu", "-no-pie", "-fno-plt", "-s",
        "-flto",
    ])
    func waysOfLinking(flags: String) throws {
        try expectCounted(build("is-ordinary", flags))
    }

    @Test func bindingNow() throws {
        try expectCounted(build("is-lazy", "-Wl,-z,lazy"), environment: ["LD_BIND_NOW": "1"])
    }

    @Test func strippedProgramsHaveOffsets() throws {
        let program = try build("is-stripped", "-g")
        try strip(program)
        let (_, run) = try audited(program)
        let violations = try #require(run.audit["violations"] as? [[String: Any]])
        let stack = try #require(violations.first { $0["kind"] as? String == "malloc" }?["stack"] as? [[String: Any]])
        let frame = try #require(stack.first)
        #expect((frame["module"] as? String ?? "").hasSuffix("/is-stripped"), "\(frame)")
        #expect(frame["offset"] as? Int ?? 0 > 0, "\(frame)")
        #expect(frame["function"] as? String == nil, "\(frame)")
    }

    // MARK: other languages

    @Test(.enabled(if: isInstalled("rustc"), "needs rustc"), arguments: ["", "-Cstrip=symbols"])
    func rustProgramsAreCounted(flags: String) throws {
        try write(
            """
            use std::os::unix::fs::{FileExt, OpenOptionsExt};
            #[repr(align(4096))]
            struct Block([u8; 4096]);
            static BLOCK: Block = Block([0; 4096]);
            #[inline(never)]
            fn allocate() {
                let block = vec![1u8; 32];
                unsafe { std::ptr::read_volatile(block.as_ptr()) };
            }
            fn main() {
                let path = std::env::args().nth(1).unwrap();
                let file = std::fs::OpenOptions::new().write(true).create(true).custom_flags(0x4000).open(path).unwrap();
                for i in 0..10 {
                    file.write_all_at(&BLOCK.0, i * 4096).unwrap();
                    allocate();
                }
            }
            """, to: "subject.rs")
        let program = scratch.file("of-rust")
        let built = try run(
            ["rustc", "--edition=2021", "-O", scratch.file("subject.rs"), "-o", program]
                + (flags.isEmpty ? [] : [flags]))
        try #require(built.status == 0, "\(built.errors)")
        try expectCounted(program)
    }

    @Test(.enabled(if: isInstalled("go"), "needs the package golang-go"), arguments: ["static", "cgo", "cgo -s"])
    func goPrograms(kind: String) throws {
        try write(
            """
            package main
            \(kind == "static" ? "" : "import \"C\"")
            import ("os"; "syscall"; "unsafe")
            var kept []byte
            func main() {
                file, _ := os.OpenFile(os.Args[1], os.O_RDWR|os.O_CREATE|syscall.O_DIRECT, 0600)
                room := make([]byte, 8192)
                from := 4096 - int(uintptr(unsafe.Pointer(&room[0]))&4095)
                for i := 0; i < 10; i++ {
                    file.WriteAt(room[from:from+4096], int64(i)*4096)
                    kept = make([]byte, 32)
                }
            }
            """, to: "subject.go")
        let program = scratch.file("of-go")
        let flags = kind.hasSuffix("-s") ? ["-ldflags", "-s -w"] : []
        let built = try run(
            ["go", "build"] + flags + ["-o", program, scratch.file("subject.go")],
            environment: [
                "CGO_ENABLED": kind == "static" ? "0" : "1", "GO111MODULE": "off", "GOCACHE": scratch.file("cache"),
                "GOFLAGS": "", "HOME": scratch.path,
            ])
        try #require(built.status == 0, "\(built.errors)")
        let words = kind == "static" ? "is a static program" : "is a Go program, whose runtime has a heap of its own"
        // As root its transfers are seen, and in its steady phase the runtime may map memory.
        try expectBlind(program, words, statuses: isRoot ? [1, 2] : [2])
    }

    @Test(.enabled(if: isInstalled("go"), "needs the package golang-go")) func aGoLibrary() throws {
        try write(
            """
            package main
            import "C"
            var kept []byte
            //export allocate
            func allocate() { kept = make([]byte, 32) }
            func main() {}
            """, to: "library.go")
        let built = try run(
            ["go", "build", "-buildmode=c-shared", "-o", scratch.file("libpool.so"), scratch.file("library.go")],
            environment: [
                "CGO_ENABLED": "1", "GO111MODULE": "off", "GOCACHE": scratch.file("cache"), "HOME": scratch.path,
            ])
        try #require(built.status == 0, "\(built.errors)")
        let program = try build("loads-go", "-Wl,--no-as-needed -L\(scratch.path) -lpool -Wl,-rpath,\(scratch.path)")
        let (_, run) = try audited(program)
        #expect(
            run.reasons.contains { $0.contains("libpool.so is a Go library, whose runtime has a heap") },
            "\(run.reasons)")
    }

    /// What CPython takes from its own pools is no heap call; told to use malloc, it allocates for each call.
    @Test(.enabled(if: isInstalled("python3"), "needs the package python3"))
    func pythonsPoolsAreItsOwn() throws {
        try write(
            """
            import os, mmap, sys
            file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_DIRECT)
            block = mmap.mmap(-1, 4096)
            for i in range(100): os.pwrite(file, block, i * 4096)
            os.close(file)
            """, to: "subject.py")
        let (pooled, calm) = try audited("python3", [scratch.file("subject.py")])
        #expect(try calm.transfers("steady") == 99)
        #expect(try calm.heapCalls("steady") == 0)
        // Python 3.13 (Debian 13's) has mimalloc linked into it, and whether it is used is not to be seen from outside.
        let hasMimalloc = try run(["grep", "-c", "mimalloc: warning: ", "/usr/bin/python3"]).status == 0
        #expect(pooled.status == (hasMimalloc ? 2 : 0), "\(pooled.errors)")
        #expect(calm.reasons.contains { $0.contains("has mimalloc linked into it") } == hasMimalloc)
        let (outcome, malloced) = try audited(
            "python3", [scratch.file("subject.py")], environment: ["PYTHONMALLOC": "malloc"])
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(try malloced.calls("malloc", in: "steady") >= 99)
    }

    // MARK: tools that run the program

    /// Valgrind redirects every function named malloc to its own: nothing is counted, and nothing fails.
    @Test(.enabled(if: isInstalled("valgrind"), "needs the package valgrind"))
    func valgrindsMallocIsNoPass() throws {
        let scratch = try Scratch()
        let (outcome, report) = try audit(
            ["valgrind", "--quiet", Place.fixture("many-places-unlocked"), scratch.file("data")],
            options: ["--allow", "pageFaultMinor,pageFaultMajor,syscallMmap,syscallBrk"])
        #expect(outcome.status == 2, "\(outcome.errors)")
        let reasons = try #require(report.audits.first?["reasons"] as? [String])
        #expect(reasons.contains { $0.contains("malloc is replaced at run time, by Valgrind or a similar tool") })
    }

    /// A heap of its own, which is no pass; the calls that reach the interposer are counted. Its runtime begins with functions of
    /// libc's names that do not work yet.
    @Test(arguments: ["gcc -fsanitize=address", "gcc -static-libasan -fsanitize=address", "clang -fsanitize=address"])
    func aSanitizedProgramRunsAsEver(compiler: String) throws {
        let words = compiler.split(separator: " ").map(String.init)
        let flags = words.dropFirst().joined(separator: " ")
        let program = try build("sanitized", with: words[0], flags + " -w")
        let options = ["ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"]
        let (outcome, run) = try audited(program, options: ["--allow", "mappings"], environment: options)
        // Where the runtime is a library of its own, the program's calls come to the interposer first.
        #expect(outcome.status == (compiler.hasPrefix("gcc -f") ? 1 : 2), "\(outcome.errors)")
        #expect(run.reasons.contains { $0.contains("bypass") }, "\(run.reasons)")
    }

    /// Its runtime wants to be the first library, and ends the program otherwise.
    @Test func aSanitizerThatWantsToBeFirstIsNamedWithItsOption() throws {
        let program = try build("sanitized-first", with: "gcc", "-fsanitize=address -w")
        let (outcome, run) = try audited(program, environment: ["ASAN_OPTIONS": "detect_leaks=0"])
        #expect(outcome.status == 3, "\(outcome)")
        #expect(run.reasons.contains { $0.contains("ASAN_OPTIONS=verify_asan_link_order=0") }, "\(run.reasons)")
    }

    // MARK: files

    private static let hasDirectTmpfs: Bool = {
        let path = "/dev/shm/dioaudit-test-\(getpid())-try"
        let file = open(path, O_RDWR | O_CREAT | 0o40000, 0o600)
        defer { unlink(path) }
        if file >= 0 { close(file) }
        return file >= 0
    }()

    /// What is direct by name only. The workloads of `make matrix` take it on purpose.
    @Test(.enabled(if: hasDirectTmpfs, "needs Linux 6.6, whose tmpfs takes O_DIRECT"))
    func transfersOnTmpfsAreNoDirectIO() throws {
        let file = "/dev/shm/dioaudit-test-\(getpid())"
        defer { unlink(file) }
        let program = Place.fixture("no-allocation-clean")
        let (outcome, report) = try audit([program, file])
        let run = try Run(report)
        #expect(outcome.status == 2 && run.reasons.count == 1, "\(run.reasons)")
        #expect(run.reasons.first?.contains(") opened 1 O_DIRECT file on tmpfs, ") == true, "\(run.reasons)")
        #expect(try audit([program, scratch.file("data")]).0.status == 0)
    }
}

private let machine: String = {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}()
