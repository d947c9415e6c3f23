import Foundation
import Testing

@testable import AuditCore
@testable import AuditReport

/// What people read: no wider than a terminal, in words that are right for one and for many, and nothing that nobody saw.
@Suite struct TextTests {
    private let plain = Style(coloured: false, directories: ["/home/user/project"])

    private func report(_ audits: [Audit]) -> Report {
        Report(machine: Example.machine, files: Example.files, audits: audits)
    }

    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    // MARK: width

    /// A word, such as a name from outside, may alone be wider.
    private func tooWide(_ text: String) -> [String] {
        lines(text).filter { line in line.columns > 100 && line.split(separator: " ").count > 1 }
    }

    private static let examples: [[Example]] = {
        var unwatched = Example()
        unwatched.witness = .forbidden
        var partial = Example.largest
        partial.witness = .partial("the kernel witness lost 1234567890 records")
        var early = Example()
        early.reached = false
        return [[Example()], [.largest], [unwatched], [early], [Example(), .largest, unwatched, partial, early], []]
    }()

    @Test(arguments: examples, [false, true]) func noLineIsWiderThanATerminal(examples: [Example], verbose: Bool) {
        var limits = AuditRequest()
        limits.scope = .threads(pattern: "*")
        limits.kernelLimits = [KernelLimit("all=0")!]
        for style in [plain, Style(coloured: true)] {
            for audits in [examples.map { $0.audit() }, examples.map { $0.audit(limits) }] {
                for quiet in [false, true] where !(quiet && verbose) {
                    for text in [
                        auditText(report(audits), style, quiet: quiet, verbose: verbose),
                        runText(report(audits), style, quiet: quiet, verbose: verbose),
                        attachText(
                            report(examples.map { $0.audit(attached: true) }), style, quiet: quiet, verbose: verbose),
                    ] {
                        #expect(tooWide(text) == [], "\(text)")
                        #expect(text.unicodeScalars.allSatisfy { $0 != "\u{7}" }, "a name's control characters")
                    }
                }
            }
        }
    }

    /// A line that a name brings along would be the first of two summaries, or the only one that a script looks for.
    @Test(arguments: ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{202E}", "\u{E0001}"])
    func namesFromOutsideAreOneLine(character: String) throws {
        var example = Example.largest
        example.name = character + "dioaudit: pass"
        example.path = "/bin/" + character + "dioaudit: pass"
        for style in [plain, Style(coloured: true)] {
            for text in [
                auditText(report([example.audit()]), style, quiet: false, verbose: true),
                runText(report([example.audit()]), style, quiet: false, verbose: true),
                attachText(report([example.audit(attached: true)]), style, quiet: false, verbose: true),
            ] {
                #expect(text.split { $0.isNewline }.filter { $0.hasPrefix("dioaudit:") }.count == 1, "\(text)")
                #expect(character == "\n" || !text.unicodeScalars.contains(character.unicodeScalars.first!))
            }
            let stored = try json(report([example.audit()]))
            #expect(character == "\n" || !stored.unicodeScalars.contains(character.unicodeScalars.first!))
            let read = try JSONSerialization.jsonObject(with: Data(stored.utf8)) as? [String: Any]
            #expect((read?["audits"] as? [[String: Any]])?.first?["name"] as? String == example.name)
            let entries = suppressionText(report([example.audit()]))
            #expect(throws: Never.self) { try Suppression.all(in: Array(entries.utf8), file: "a name") }
            #expect(!entries.contains { $0.isNewline && $0 != "\n" })
        }
    }

    @Test func colourChangesNoColumn() {
        let audits = [Example(), .largest].map { $0.audit() }
        for text in [auditText, runText] {
            let coloured = text(report(audits), Style(coloured: true), false, true)
            #expect(coloured.contains("\u{1B}["))
            #expect(
                coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "")
                    == text(report(audits), Style(coloured: false), false, true))
        }
    }

    @Test func theMatrixIsNoWider() {
        let cells = [4096, 131072].flatMap { block in
            ["io_uring-fixed", "psync"].map { engine in
                MatrixCell(Example.largest.audit(), engine: engine, rw: "write", blockBytes: block)
            }
        }
        let failed = MatrixTarget("xfs", notMeasured: .failed, because: Example.largest.name + " " + Example.longRemedy)
        let matrix = Matrix(
            machine: Example.machine, files: Example.files, targets: [MatrixTarget("btrfs", cells), failed])
        let text = matrixText(matrix, plain, quiet: false)
        #expect(tooWide(text) == [], "\(text)")
        #expect(
            text.hasPrefix(
                "Linux 6.18.5 x86_64, 2 CPUs; files on /dev/vda (ext4) in /var/tmp\nwitness: kernel by BPF programs\n"))
    }

    @Test func aTableThatIsTooWideGoesOnBelow() {
        var table = Table([.left("name")] + (1...12).map { .right("column \($0)") })
        table.add(["row"] + (1...12).map { "\($0)" })
        let lines = table.lines(indent: 2)
        #expect(lines.count == 4 && lines.allSatisfy { $0.columns <= 100 })
        #expect(lines[2].hasPrefix("  name  column 9") || lines[2].hasPrefix("  name  column 10"), "\(lines)")
        let said = lines.joined(separator: " ").split(separator: " ")
        for number in 1...12 { #expect(said.count { $0 == "\(number)" } == 2, "a title and a figure") }
    }

    @Test func cellsGoOnBelowAndLoseNothing() {
        var table = Table([.left("flags", breaksAfter: "|"), .right("calls")])
        let flags = "GFP_HIGHUSER_MOVABLE|" + String(repeating: "__GFP_ZERO|", count: 9) + "__GFP_COMP"
        table.add([flags, "7"])
        let lines = table.lines()
        #expect(lines.allSatisfy { $0.columns <= 100 } && lines.count == 3)
        #expect(lines[1].hasSuffix("  7"))
        let words = lines.dropFirst().map { $0.split(separator: " ")[0] }
        #expect(words.joined() == flags)
    }

    // MARK: audit

    @Test func whatIsTheSameInAllRowsIsSaidOnce() {
        var other = Example()
        other.name = "metadata-4k"
        other.transfers = 512
        let text = auditText(report([Example().audit(), other.audit()]), plain, quiet: false, verbose: false)
        #expect(
            text == """
                Linux 6.18.5 x86_64, 2 CPUs; files on /dev/vda (ext4) in /var/tmp
                witnesses: interposer; syscalls, kernel and transfers by BPF programs; pages; heap
                audit          transfers  kmalloc  slab  pages       risk   locked  verdict
                psync-read-4k       1024     1.00  0.00   0.00  writeback  3.6 MiB  pass
                metadata-4k          512     2.00  0.00   0.00  writeback  3.6 MiB  pass
                all: 0 heap calls, 0 mapping calls, faults 0/0 (minor/major) in warm-up and steady, settled after 1
                (kernel: per transfer; risk if memory is short: may wait for writeback, may wait, or no; *: reserve)

                dioaudit: pass: 2 audits: 2 pass, 0 fail, 0 inconclusive

                """)
    }

    @Test func whatDiffersIsAColumn() {
        var other = Example()
        other.calls = 1
        let text = auditText(report([Example().audit(), other.audit()]), plain, quiet: false, verbose: false)
        let table = lines(text).filter { $0.hasPrefix("audit") || $0.hasPrefix("psync-read-4k  ") }
        #expect(table[0].contains("heap calls") && table[0].contains("faults steady") && !table[0].contains("warm-up"))
        #expect(text.contains("faults 0/0 (minor/major) in warm-up") && text.contains("\n(faults: minor/major)\n"))
    }

    /// The least important columns are left out, and that is said.
    @Test func whatHasNoRoomIsNamed() {
        var other = Example()
        other.calls = 1
        other.name = String(repeating: "a-name-of-some-length-", count: 2)
        let text = auditText(report([Example().audit(), other.audit()]), plain, quiet: false, verbose: false)
        let headings = lines(text).filter { $0.hasPrefix("audit ") }
        #expect(headings.count == 1 && headings[0].contains("risk") && headings[0].contains("heap calls"), "\(text)")
        #expect(text.contains("(no room for: "), "\(text)")
        for title in ["kmalloc", "locked"] { #expect(!headings[0].contains(title), "\(text)") }
    }

    @Test func severalRunsAreSaidInOneLine() {
        var leaky = Example()
        leaky.calls = 1
        let runs = [Example().audit(), leaky.audit(), Example().audit()]
        let worst = Audit.worst(of: runs)
        #expect(worst.verdict == runs[1].verdict && worst.violations == runs[1].violations)
        let text = auditText(report([worst]), plain, quiet: false, verbose: false)
        #expect(text.contains("psync-read-4k: the worst of 3 runs: 2 pass, 1 fail; "), "\(text)")
        #expect(Audit.worst(of: [runs[0]]).spread == nil)
    }

    @Test func whatNobodyCountedIsADash() {
        var early = Example()
        early.reached = false
        var unwatched = Example()
        unwatched.witness = .forbidden
        let text = auditText(
            report([Example(), early, unwatched].map { $0.audit() }), plain, quiet: false, verbose: false)
        let rows = lines(text).filter { $0.hasPrefix("psync-read-4k  ") }.map {
            Array($0.split(separator: " ").dropFirst())
        }
        #expect(rows[0].starts(with: ["1024", "1.00", "0.00", "0.00", "writeback", "3.6"]), "\(text)")
        #expect(rows[1] == Array(repeating: "-", count: 6) + ["inconclusive"], "\(text)")
        #expect(rows[2].starts(with: ["1024", "-", "-", "-", "-", "3.6"]), "\(text)")
        #expect(text.contains("\nall that were seen: 0 heap calls, 0 mapping calls, faults 0/0"), "\(text)")
        #expect(
            text.replacing("\n ", with: "").contains("kernel by BPF programs in 2 of 3, kernel unavailable ("),
            "\(text)")
    }

    @Test func whereTheKernelWasNotWatchedTheHeaderSaysWhyAndThereIsNoColumn() {
        var example = Example()
        example.witness = .forbidden
        for text in [
            auditText(report([example.audit()]), plain, quiet: false, verbose: false),
            runText(report([example.audit()]), plain, quiet: false, verbose: false),
        ] {
            #expect(
                text.replacing("\n ", with: "").contains(
                    "kernel unavailable (the number of kmem:kmalloc is not to be read: Permission denied)"), "\(text)")
            #expect(
                lines(text).contains("    " + Example.mount) && lines(text).contains("    " + Example.sysctl), "\(text)"
            )
            #expect(!text.contains("kmalloc  ") && !text.contains("risk") && !text.contains("the kernel allocate"))
        }
    }

    // MARK: run

    @Test func aSteadyPhaseThatWasNotThereIsNotSpokenOf() {
        var early = Example()
        early.reached = false
        for verbose in [false, true] {
            let text = runText(report([early.audit()]), plain, quiet: false, verbose: verbose)
            for word in ["steady", "settled", "memory lock", "the kernel allocate", "warmup"] {
                #expect(!text.contains(word), "\(word): \(text)")
            }
            #expect(text.contains("setup") && text.contains("no transfer on an O_DIRECT file was seen"))
        }
    }

    @Test func risksAreShortAndReservesMarked() {
        var example = Example()
        example.kernel = [
            Example.allocation(.kmemCacheAlloc, "mempool_alloc_noprof", calls: 1024, cache: "bio-184", mempool: true),
            Example.allocation(.kmalloc, "ext4_find_extent", calls: 1024, gfp: "GFP_NOFS", risk: .mayWait),
            Example.allocation(.pageAlloc, "somewhere", calls: 1024, gfp: "GFP_ATOMIC", risk: .nonBlocking),
        ]
        let text = runText(report([example.audit()]), plain, quiet: false, verbose: true)
        #expect(
            text.contains(
                """
                  the kernel allocates by       cache    flags       calls  per transfer  risk
                  kmalloc in ext4_find_extent   -        GFP_NOFS     1024          1.00  wait
                  slab in mempool_alloc_noprof  bio-184  GFP_KERNEL   1024          1.00  writeback*
                  pages in somewhere            -        GFP_ATOMIC   1024          1.00  no
                  (risk if memory is short: may wait for writeback, may wait, or no; *: reserve)

                """), "\(text)")
    }

    @Test func aPassIsAFewLinesOfWhichTheFirstIsTheVerdict() {
        let text = runText(report([Example().audit()]), plain, quiet: false, verbose: false)
        #expect(
            text == """
                pass: psync-read-4k: no violation in 1024 steady transfers
                  memory lock: mlockall(current|future) through the steady phase, 3.6 MiB locked
                  settled after transfer 1
                  kernel, per transfer: 1.00 kmalloc, 0.00 slab, 0.00 pages; risk writeback (--verbose: where)
                Linux 6.18.5 x86_64, 2 CPUs; files on /dev/vda (ext4) in /var/tmp
                witnesses: interposer; syscalls, kernel and transfers by BPF programs; pages; heap
                dioaudit: pass: psync-read-4k: 1024 steady transfers without a violation

                """)
    }

    /// 300 places of 40 frames each are one screen; what is left out is counted.
    @Test func aFailureIsOneScreenAndTheWorstPlacesComeFirst() {
        var process = Example().process
        let deep = (0..<40).map { (index: Int) in
            Frame(function: "caller\(index)", file: "/src/caller.c", line: index, module: "/bin/x", offset: 1)
        }
        for number in UInt64(1)...300 {
            let own = Frame(
                function: "place\(number)", file: "/src/place.c", line: Int(number), module: "/bin/x", offset: 1)
            process.sites.append(
                Site(
                    kind: .malloc, count: EventCount(calls: number, bytes: number), firstTransfer: 1, tid: 1,
                    thread: "t",
                    stack: [own] + deep))
        }
        process.phases[.steady].events[.malloc] = EventCount(calls: 300 * 301 / 2, bytes: 300 * 301 / 2)
        var ledger = Ledger()
        ledger.processes = [process]
        var observation = Observation(
            subject: Subject(command: ["x"], exit: SubjectExit(code: 0)), ledger: ledger, pid: process.pid)
        observation.syscalls = .active
        let audit = judge("x", observation, by: AuditRequest())
        #expect(audit.places.count == 300)
        let text = lines(runText(report([audit]), plain, quiet: false, verbose: false))
        #expect(text[0].hasPrefix("fail: x: in the steady phase: 45150 mallocs"), "\(text)")
        #expect(text.count <= 80, "\(text.count) lines")
        let rows = text.filter { $0.hasPrefix("  place") }
        #expect(rows.count == 10 && rows[0].hasPrefix("  place300 /src/place.c:300    300"), "\(rows)")
        let left = 45150 - (291...300).reduce(0, +)
        #expect(text.contains("  and 290 more places, \(left) calls (--verbose lists them)"), "\(text)")
        #expect(text.count { $0.hasPrefix("violation: ") } == 5)
        let three = runText(report([audit]), Style(coloured: false, stacks: 3), quiet: false, verbose: false)
        #expect(lines(three).count { $0.hasPrefix("violation: ") } == 3)
        let all = lines(runText(report([audit]), plain, quiet: false, verbose: true))
        #expect(all.count { $0.hasPrefix("violation: ") } == 300)
        #expect(
            all.count { $0.hasPrefix("    #40 caller39 ") } == 300,
            "\(all.filter { $0.contains("caller39") }.first ?? "")")
    }

    /// Of 1025 transfers the last that allocated was the 40th, or the last of most places.
    @Test func aLongerWarmUpIsProposedWhereItWouldHavePassed() {
        func advice(last: UInt64, settles: Bool, child: UInt64 = 0) -> [String] {
            var process = Example().process
            var site = Site(
                kind: .malloc, count: EventCount(calls: 9, bytes: 9), firstTransfer: 3, tid: 1, thread: "t",
                stack: [Frame(function: "f", module: "/bin/x", offset: 1)])
            site.lastTransfer = last
            process.sites = [site]
            let count = EventCount(calls: settles ? 9 : 11, bytes: 11)
            process.phases[.steady].events[.malloc] = count
            process.threads[0].phases[.steady].events[.malloc] = count
            process.threads[0].lastTransfer[.malloc] = settles ? last : 1024
            var ledger = Ledger()
            ledger.processes = [process]
            var other = ProcessLedger(pid: 2, parentPid: 1, executable: "/bin/x")
            other.phases[.warmup].transfers = min(1, child)
            other.phases[.steady].transfers = child - min(1, child)
            other.steadyReached = child > 0
            if child > 0 { ledger.processes.append(other) }
            let observation = Observation(
                subject: Subject(command: ["x"], exit: SubjectExit(code: 0)), ledger: ledger, pid: process.pid)
            return adviceLines(judge("x", observation, by: AuditRequest()))
        }
        #expect(
            advice(last: 40, settles: true)
                == ["it settled after transfer 41: with --steady-after 41 these would be its warm-up's"])
        #expect(advice(last: 40, settles: false) == ["9 of 11 came by transfer 40: --steady-after 41 leaves the rest"])
        #expect(advice(last: 900, settles: false) == [])
        #expect(advice(last: 900, settles: true) == [])
        // Another process would have no steady phase then.
        #expect(advice(last: 40, settles: true, child: 42).count == 1)
        #expect(advice(last: 40, settles: true, child: 41) == [])
        #expect(advice(last: 40, settles: false, child: 41) == [])
    }

    /// Of 1025 transfers all were done when most of its allocations came.
    @Test(arguments: [(1025, true), (1024, false)]) func aFileThatStaysOpenIsSaid(first: UInt64, isSaid: Bool) {
        var process = Example().process
        process.phases[.steady].events[.malloc] = EventCount(calls: 10, bytes: 10)
        process.sites = [(UInt64(9), first), (1, 7)].map { calls, first in
            var site = Site(
                kind: .malloc, count: EventCount(calls: calls, bytes: calls), firstTransfer: first, tid: 1, thread: "t",
                stack: [Frame(function: "f\(calls)", module: "/bin/x", offset: 1)])
            site.lastTransfer = max(first, 1025)
            return site
        }
        var ledger = Ledger()
        ledger.processes = [process]
        let observation = Observation(
            subject: Subject(command: ["x"], exit: SubjectExit(code: 0)), ledger: ledger, pid: process.pid)
        let advice = adviceLines(judge("x", observation, by: AuditRequest()))
        #expect(
            advice.contains { $0.hasPrefix("9 of 10 came at or after the last transfer: if the program closes") }
                == isSaid)
    }

    /// The names of templates are longer than lines; a table whose widest name just fits is one table.
    @Test func namesOfTemplatesFit() {
        var process = Example().process
        let type = String(repeating: "a::Vector<a::Type, ", count: 9) + "int" + String(repeating: ">", count: 9)
        process.sites = (1...30).map { (length: Int) in
            let name = "a::" + String(repeating: "x", count: length * 3)
            return Site(
                kind: .malloc, count: EventCount(calls: 9, bytes: 9), firstTransfer: 3, tid: 1,
                thread: "C1 CompilerThre",
                stack: [
                    Frame(
                        function: "\(type) \(name)<\(type)>(\(type))", module: "/lib/libjvm.so", offset: UInt64(length))
                ])
        }
        process.phases[.steady].events[.malloc] = EventCount(calls: 270, bytes: 270)
        var ledger = Ledger()
        ledger.processes = [process]
        let observation = Observation(
            subject: Subject(command: ["x"], exit: SubjectExit(code: 0)), ledger: ledger, pid: process.pid)
        let audit = judge("x", observation, by: AuditRequest())
        let text = lines(runText(report([audit]), Style(coloured: false, stacks: 30), quiet: false, verbose: false))
        #expect(tooWide(text.joined(separator: "\n")) == [])
        #expect(text.count { $0.hasPrefix("  where it allocates") } == 1, "\(text.prefix(40))")
        #expect(!text.contains { $0.contains("Vector") })
    }

    @Test func runtimeBelowMainIsFolded() {
        let stack = ["allocate", "main", "__libc_start_call_main", "__libc_start_main_impl", "_start"].map {
            Frame(function: $0, module: $0.hasPrefix("__") ? "/lib/libc.so.6" : "/bin/x", offset: 1)
        }
        var violation = Violation(of: .malloc, count: EventCount(calls: 1), pid: 1)
        violation.stack = stack
        #expect(plain.lines(violation, folded: true).last == "    #1 main (x+0x1)")
        #expect(plain.lines(violation).last == "    #4 _start (x+0x1)")
        // Without symbols.
        violation.stack[4].function = nil
        #expect(plain.lines(violation, folded: true).last == "    #1 main (x+0x1)")
    }

    @Test(arguments: [
        (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (513, "513th"), (1021, "1021st"),
    ])
    func ordinalsAreWords(number: UInt64, text: String) {
        #expect(ordinal(number) == text)
    }

    @Test(arguments: EventKind.allCases) func oneIsNotMany(kind: EventKind) {
        #expect(kind.text(1).hasPrefix("1 ") && kind.text(1).last != "s")
        #expect(
            kind.text(2).hasPrefix("2 ") && kind.text(2).last == "s"
                && kind.text(2).dropFirst(2).dropLast() == kind.text(1).dropFirst(2))
    }

    @Test func violationsAreCountedInWords() {
        var example = Example()
        example.calls = 1
        let audit = example.audit()
        #expect(audit.reasons[0].hasPrefix("in the steady phase: 1 malloc, 1 calloc, "))
        #expect(plain.lines(audit.violations[0])[0] == "violation: 1 malloc in the steady phase, 64 bytes")
        example.calls = 100
        #expect(example.audit().reasons[0].hasPrefix("in the steady phase: 100 mallocs, 100 callocs, "))
        #expect(
            Figures.count(1, "byte") == "1 byte" && Machine(kernel: "1", arch: "x", cpus: 1).text.hasSuffix("1 CPU"))
    }

    @Test(arguments: [
        ("/home/user/project/src/main.c", "src/main.c"), ("/home/user/project-2/main.c", "/home/user/project-2/main.c"),
        ("src/main.c", "src/main.c"), ("/usr/a\u{1B}[2J", "/usr/a\\x1b[2J"),
    ]) func pathsAreTheReaders(recorded: String, shown: String) {
        let frame = Frame(function: "main", file: recorded, line: 7, module: "/bin/true", offset: 16)
        #expect(plain.text(frame) == "main \(shown):7 (true+0x10)")
    }

    // MARK: doctor

    @Test func findingsAreNoWiderAndCommandsStayWhole() {
        let command = "echo 'nobody - memlock unlimited' >> /etc/security/limits.d/dioaudit.conf  # and log in again"
        let diagnosis = Diagnosis(
            machine: Example.machine,
            findings: [
                .ok("kernel", "Linux 6.18.5", for: "the interposer"),
                .ok("O_DIRECT in /" + String(repeating: "directory/", count: 9), "ext4", for: "files"),
                .missing(
                    "kernel tracepoints", "the number of kmem:kmalloc is not to be read: No such file or directory",
                    for: "the kernel witness: what the kernel allocates for a transfer",
                    remedies: [
                        Example.longRemedy, "as root: " + command,
                        "run it where no seccomp policy forbids the call; under docker: --security-opt "
                            + "seccomp=unconfined --cap-add PERFMON",
                    ]),
            ])
        let text = diagnosisText(diagnosis, plain)
        #expect(tooWide(text) == [], "\(text)")
        #expect(diagnosisText(diagnosis, Style(coloured: true)).replacing(/\u{1B}\[[0-9;]*m/, with: "") == text)
        let trimmed = lines(text).map { $0.drop { $0 == " " } }
        for line in [Example.mount, Example.sysctl, command] { #expect(trimmed.contains(line[...]), "\(text)") }
        #expect(text.hasPrefix("ok       kernel              Linux 6.18.5 [the interposer]\n"), "\(text)")
    }

    @Test func whatStandsInQuotesIsOneWord() {
        let line = String(repeating: "word ", count: 17) + "raise it with 'ulimit -l 12345 and more', or so"
        #expect(wrapped(line).count == 2 && wrapped(line)[1] == "  'ulimit -l 12345 and more', or so")
    }
}
