import Foundation
import Testing

/// What the README and the pages beside it show is what happens.
@Suite struct ReadmeTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var command: String
        var output: String

        var testDescription: String { command }
    }

    /// Commands after `$` in its console blocks, and the lines below each. What the others show needs root, who may
    /// lock an arena, look into the kernel and limit memory.
    static let examples: [Example] = {
        let forRoot = ["docs/syscalls.md", "docs/kernel.md", "docs/squeeze.md", "docs/transfers.md", "docs/plans.md"]
        let pages = ["README.md", "docs/markers.md", "docs/warm-up.md", "docs/formats.md"] + (isRoot ? forRoot : [])
        let blocks = pages.flatMap { page in
            let text = (try? String(contentsOfFile: Place.repository + page, encoding: .utf8)) ?? ""
            return text.components(separatedBy: "```console\n").dropFirst()
                .map { $0.components(separatedBy: "```")[0] }
        }
        return blocks.flatMap { block in
            block.components(separatedBy: "$ ").dropFirst().map { part in
                let lines = part.split(separator: "\n", maxSplits: 1)
                return Example(command: String(lines[0]), output: lines.count > 1 ? String(lines[1]) : "")
            }
        }
    }()

    @Test func thereAreExamples() {
        #expect(Self.examples.count >= 5)
    }

    @Test(arguments: examples.filter { $0.command != "make test" }) func printsWhatItShows(example: Example) throws {
        // make would wait for the lock that `swift test` holds on the build.
        let command = example.command == "make audit" ? "dioaudit audit" : example.command
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let outcome = try run(
            ["bash", "-c", command + " 2>&1"], environment: ["PATH": "\(Place.products):\(path)"],
            directory: Place.repository)
        #expect(comparable(outcome.output) == comparable(example.output))
        #expect(outcome.tooWide() == [])
    }

    /// All of README's commands in one shell, from the repository, with nothing of the build on PATH.
    @Test func theExamplesCanBeTypedInOrder() throws {
        let text = try String(contentsOfFile: Place.repository + "README.md", encoding: .utf8)
        let blocks = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        let commands = blocks.flatMap { block -> [String] in
            let lines = block.split(separator: "\n").map(String.init)
            return switch lines.first {
            case "console": lines.filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) }
            case "sh": Array(lines.dropFirst())
            default: []
            }
        }
        #expect(commands.count >= 9)
        // make would wait for the lock that `swift test` holds on the build; what is installed needs a build of its own.
        let typed = commands.filter { !$0.hasPrefix("make ") || $0 == "make fixtures" }.map {
            $0.replacing("\"$HOME/.local/bin/dioaudit\"", with: "dioaudit")
        }
        // Verdicts end with 1 and 2; a shell says 127 where there is no such command, and 126 where it is none.
        let script = typed.map { "\($0); [ $? -le 3 ] || echo \"failed: \($0.replacing("\"", with: "'"))\"" }
        let outcome = try run(
            ["bash", "-c", script.joined(separator: "\n")],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"], directory: Place.repository)
        #expect(!outcome.output.contains("failed: "), "\(outcome)")
    }

    /// Kernel allocations depend on the kernel's version and on the file system, and the user decides whether they are reported.
    private func isOfKernel(_ line: Substring) -> Bool {
        line.contains("the kernel allocate") || line.contains("  kernel, per transfer: ")
            || line.contains("(risk if memory")
            || line.contains("(kernel: per transfer")
            || line.contains("io flusher:") || line.contains("squeeze: limit")
            || line.contains(/[0-9] +(no|wait|writeback)\*?$/)
            || line.contains(/^ +[A-Za-z_|]*_[A-Za-z_|]*( +[A-Z_|]+)?$/)  // such a line goes on
    }

    /// Without what differs from run to run (figures, units of time, the width of columns, where the repository is) or
    /// from machine to machine (libc's frames have names where its debug symbols are).
    private func comparable(_ text: String) -> [String] {
        withoutWitnesses(text.split(separator: "\n"))
            .joined(separator: "\n")
            .replacing(Place.repository, with: "")
            .replacing(/Linux [^ ]+ x86_64, [0-9]+ CPUs?/, with: "MACHINE")
            .replacing(/files on .*/, with: "FILES")
            .replacing(/\ +kmalloc +slab +pages +risk/, with: "")
            .replacing(/( +<?[0-9]+\.[0-9]+){3} +(no|wait|writeback)\*?/, with: "")
            .replacing(/\+0x[0-9a-f]+/, with: "+OFFSET")
            .replacing(/[0-9]+(\.[0-9]+)? (ns|µs|ms|s)\b/, with: "TIME")
            .replacing(/\([0-9]+\), pid [0-9]+/, with: "PID")
            .replacing(/[0-9]+\/0 +TIME/, with: "FAULTS TIME")
            .replacing(/pid [0-9]+/, with: "PID")
            .replacing(/[0-9]+\.[0-9] MiB/, with: "LOCKED")
            .split(separator: "\n").filter { !$0.contains("(libc.so.6+") && !isOfKernel($0) }
            .map { $0.split(separator: " ").joined(separator: " ") }
    }

    /// Whose witnesses look in which way is the user's and the kernel's.
    private func withoutWitnesses(_ lines: [Substring]) -> [Substring] {
        guard let first = lines.firstIndex(where: { $0.hasPrefix("witnesses: interposer; syscalls") }),
            let next = lines[first...].firstIndex(where: { line in
                ["workload", "audit ", "dioaudit: "].contains { line.hasPrefix($0) }
            })
        else { return lines }
        return Array(lines[..<first] + ["witnesses: interposer; syscalls"] + lines[next...])
    }
}
