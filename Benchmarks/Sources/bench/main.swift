import Foundation

// Rows of a table: what, against what, the ratio (median of pairs), the reach of it, and the figures themselves.

let pairs = 7
let repository = FileManager.default.currentDirectoryPath
let release = "\(repository)/.build/release"
let dioaudit = "\(release)/dioaudit"
let driver = "\(release)/dioaudit-driver"
let scratch = "/var/tmp/dioaudit-bench-\(getpid())"

func fixture(_ name: String) -> String { "\(repository)/.build/fixtures/\(name)" }

/// At once, even into a pipe: a benchmark takes minutes.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

func row(_ what: String, _ reach: String, _ result: (ratio: Double, a: Double, b: Double), _ unit: String) {
    let figures = String(format: "%.2f %@ / %.2f %@", result.a, unit, result.b, unit)
    say(
        what.padding(toLength: 62, withPad: " ", startingAt: 0) + String(format: "%6.3f  ", result.ratio)
            + reach.padding(toLength: 9, withPad: " ", startingAt: 0) + figures)
}

// MARK: counting

func heapLoop(threads: Int, pairs: Int, under command: [String] = [], preload: String? = nil) -> Contender {
    Contender(
        command: command + [fixture("bench-heap-loop"), "\(threads)", "\(pairs)"],
        environment: preload.map { ["LD_PRELOAD": $0] } ?? [:], figure: .printed(""))
}

func counting() throws {
    let audited = [dioaudit, "run", "--quiet", "--"]
    let counted = heapLoop(threads: 1, pairs: 20_000_000, under: audited)
    let forwarded = heapLoop(threads: 1, pairs: 20_000_000, preload: fixture("libforward-only"))
    row("counting / forwarding only, 1 thread", "<= 1.05", try compare(counted, forwarded, pairs: pairs), "ns")
    for (threads, reach) in [(1, "<= 1.30"), (8, "<= 1.25")] {
        let counted = heapLoop(threads: threads, pairs: 20_000_000 / threads, under: audited)
        let plain = heapLoop(threads: threads, pairs: 20_000_000 / threads)
        row("counting / plain, \(threads) thread(s)", reach, try compare(counted, plain, pairs: pairs), "ns")
    }
    let violations = Contender(
        command: audited + [fixture("bench-violations"), "\(scratch)/violations", "1000000"], figure: .printed(""))
    let figures = try (0..<pairs).map { _ in try violations.measure() }
    let call = String(format: "%.0f ns a pair of malloc and free", median(figures))
    say("a violation of a known site, 36 frames deep: \(call) (<= 500 ns)")
}

// MARK: transfers

/// IOPS are compared by the time that the same number of transfers takes: B's time over A's.
func transfers(_ engine: String, _ rw: String, iodepth: Int) -> Contender {
    Contender(
        command: [
            driver, "--file", "\(scratch)/driver", "--engine", engine, "--rw", rw, "--bs", "4096", "--iodepth",
            "\(iodepth)", "--size", "\(64 << 20)", "--transfers", "20000",
        ], figure: .printed("nanoseconds="))
}

func plainLoop(_ rw: String) -> Contender {
    Contender(
        command: [fixture("bench-psync"), "\(scratch)/plain", rw, "4096", "\(64 << 20)", "20000"],
        figure: .printed("nanoseconds="))
}

/// fio's terse output, version 3: field 49 holds the writes' IOPS, field 8 the reads'.
func fio(_ engine: String, _ rw: String, iodepth: Int) -> Contender {
    let field = rw.hasSuffix("write") ? 49 : 8
    let job = """
        fio --name=bench --minimal --ioengine=\(engine) --rw=\(rw) --bs=4k --iodepth=\(iodepth) --direct=1 --size=64m \
        --filename=\(scratch)/fio --number_ios=20000 --thread --norandommap --randrepeat=0 \
        --overwrite=1 | awk -F';' '{ printf "%.0f", 20000 / $\(field) * 1e9 }'
        """
    return Contender(command: ["bash", "-c", job], figure: .printed(""))
}

func engines() throws {
    for rw in ["randread", "randwrite"] {
        let result = try compare(plainLoop(rw), transfers("psync", rw, iodepth: 1), pairs: pairs)
        row("driver's IOPS / plain C loop, psync \(rw)", ">= 1.00", milliseconds(result), "ms")
    }
    for (engine, depths) in [("psync", [1]), ("pvsync2", [1]), ("libaio", [1, 32]), ("io_uring", [1, 32])] {
        for iodepth in depths {
            for rw in ["randread", "randwrite"] where engine != "pvsync2" || rw == "randread" {
                let result = try compare(
                    fio(engine, rw, iodepth: iodepth), transfers(engine, rw, iodepth: iodepth), pairs: pairs)
                row("driver's IOPS / fio, \(engine) \(rw) iodepth \(iodepth)", ">= 1.00", milliseconds(result), "ms")
            }
        }
    }
}

/// What each witness costs a 4 KiB psync workload, the others being the same on both sides.
func witnesses() throws {
    func audited(_ rw: String, _ options: [String]) -> Contender {
        var audited = transfers("psync", rw, iodepth: 1)
        audited.command = [dioaudit, "run", "--quiet"] + options + ["--"] + audited.command
        return audited
    }
    func compared(_ without: Contender, _ with: Contender) throws -> (Double, Double, Double) {
        milliseconds(try compare(without, with, pairs: 2 * pairs + 1))
    }
    let interposerOnly = ["--syscalls", "off", "--kernel", "off"]
    row(
        "psync's IOPS with the interposer / without", ">= 0.99",
        try compared(transfers("psync", "randread", iodepth: 1), audited("randread", interposerOnly)), "ms")
    row(
        "psync's IOPS with the syscalls witness / without", ">= 0.98",
        try compared(audited("randread", interposerOnly), audited("randread", ["--kernel", "off"])), "ms")
    for rw in ["randread", "randwrite"] {
        for (name, option) in [("the kernel witness", []), ("--kernel-stacks", ["--kernel-stacks"])] {
            row(
                "psync's IOPS with \(name) / without, \(rw)", ">= 0.95",
                try compared(audited(rw, ["--kernel", "off"]), audited(rw, option)), "ms")
        }
    }
}

func milliseconds(_ result: (ratio: Double, a: Double, b: Double)) -> (Double, Double, Double) {
    (result.ratio, result.a / 1e6, result.b / 1e6)
}

// MARK: assertions in tests

/// What `DioauditTesting` and libdioaudit_test cost a test, into which they are linked.
func assertions() throws {
    let built = "\(repository)/.build/benchmarks"
    func loop(_ name: String) -> Contender {
        Contender(command: ["\(built)/heap-loop-\(name)", "1", "20000000"], figure: .printed(""))
    }
    row(
        "in a test: counting / forwarding only, 1 thread", "<= 1.05",
        try compare(loop("counted"), loop("forwarded"), pairs: pairs), "ns")
    for (how, program, arguments) in [
        ("in C (<= 1000 ns)", "judged", ["1000000"]), ("in Swift (<= 1000 ns)", "release/judged", ["100000"]),
        ("in C with its page faults", "judged", ["1000000", "faults"]),
    ] {
        let judged = Contender(command: ["\(built)/\(program)"] + arguments, figure: .printed(""))
        let figures = try (0..<pairs).map { _ in try judged.measure() }
        say(
            String(
                format: "a judged body without an allocation takes %.0f ns more than the body, \(how)", median(figures)
            ))
    }
    func start(_ name: String) -> Contender {
        Contender(command: ["\(built)/release/\(name)"], figure: .wallMilliseconds)
    }
    let result = try compare(start("judged"), start("plain"), pairs: 21)
    say(String(format: "a test executable with it starts %.1f ms later (<= 10 ms)", result.a - result.b))
}

// MARK: whole commands

func commands() throws {
    let run = Contender(command: [dioaudit, "run", "--quiet", "--", "true"], figure: .wallMilliseconds)
    let plain = Contender(command: ["true"], figure: .wallMilliseconds)
    let result = try compare(run, plain, pairs: 21)
    say(String(format: "dioaudit run -- true adds %.1f ms to true (<= 30 ms)", result.a - result.b))
    let audit = Contender(command: [dioaudit, "audit", "--quiet"], figure: .wallMilliseconds)
    say(
        String(
            format: "dioaudit audit takes %.1f s (<= 10 s)", median(try (0..<3).map { _ in try audit.measure() }) / 1e3)
    )
    let base = "\(scratch)/base.json"
    let update = Contender(
        command: [dioaudit, "audit", "--quiet", "--baseline", base, "--update-baseline"], figure: .wallMilliseconds)
    _ = try update.measure()
    let held = Contender(command: [dioaudit, "audit", "--quiet", "--baseline", base], figure: .wallMilliseconds)
    say(String(format: "with a baseline %.1f s (<= 10 s)", median(try (0..<3).map { _ in try held.measure() }) / 1e3))
    let locked = { (command: [String]) in
        try Contender(command: command, figure: .printed("")).measure()
    }
    let added =
        try locked([dioaudit, "run", "--quiet", "--", fixture("prints-locked-memory")])
        - locked([fixture("prints-locked-memory")])
    say(String(format: "the interposer adds %.0f KiB of locked memory (<= 1024 KiB)", added))
}

do {
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    say("ratios are medians of \(pairs) pairs, A B A B; figures are A's and B's medians")
    let parts: [(String, @MainActor () throws -> Void)] = [
        ("counting", counting), ("engines", engines), ("witnesses", witnesses), ("assertions", assertions),
        ("commands", commands), ("reports", reports), ("plans", plans),
    ]
    let asked = CommandLine.arguments.dropFirst()
    for (name, measure) in parts where asked.isEmpty || asked.contains(name) { try measure() }
    if asked.contains("peers") { try peers() }
} catch {
    FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
    exit(1)
}
