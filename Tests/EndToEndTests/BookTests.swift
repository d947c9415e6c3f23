import Foundation
import Testing

/// README and the pages of docs/: what they show is what happens, and what they refer to is there.
@Suite struct BookTests {
    struct Page: CustomTestStringConvertible, Sendable {
        let path: String
        var testDescription: String { path }

        var text: String { (try? String(contentsOfFile: Place.repository + path, encoding: .utf8)) ?? "" }
    }

    struct Command: Sendable {
        /// As it is typed, with what follows a backslash.
        var typed: String
        /// Null where a page shows none.
        var output: String?
    }

    static let pages: [Page] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Place.repository + "docs")) ?? []
        return (["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }).map(Page.init)
    }()

    /// Their output needs root, who may lock an arena, look into the kernel, read others' stacks and limit memory.
    private static let forRoot = [
        "docs/syscalls.md", "docs/kernel.md", "docs/squeeze.md", "docs/transfers.md", "docs/plans.md", "docs/hangs.md",
        "docs/tutorial.md",
    ]

    static let tried = pages.filter { (isRoot || !forRoot.contains($0.path)) && !commands(of: $0).isEmpty }

    // MARK: commands

    /// Of its `sh` and `console` blocks, in order. Other blocks are not run: they say what needs a service, a user or a disk of its own.
    static func commands(of page: Page) -> [Command] {
        let blocks = page.text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        return blocks.flatMap { block -> [Command] in
            let body = block.drop { $0 != "\n" }.dropFirst()
            switch block.prefix(while: { $0 != "\n" }) {
            case "sh":
                return body.replacing("\\\n", with: "").split(separator: "\n").filter { !$0.hasPrefix("#") }
                    .map { Command(typed: String($0), output: nil) }
            case "console":
                return ("\n" + body).components(separatedBy: "\n$ ").dropFirst().map { part in
                    let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
                    return Command(typed: String(lines[0]), output: lines.count > 1 ? String(lines[1]) : "")
                }
            default: return []
            }
        }
    }

    @Test func thereAreCommands() {
        #expect(Self.pages.map { Self.commands(of: $0).count }.reduce(0, +) >= 50)
        #expect(Self.commands(of: Page(path: "README.md")).count >= 9)
    }

    /// All of a page's commands in one shell, from the repository. README is typed with nothing of the build on PATH.
    @Test(arguments: tried) func whatItShowsHappens(page: Page) throws {
        let commands = Self.commands(of: page)
        let mark = "--- \(UUID().uuidString)"
        let script = commands.map { "\(runnable($0.typed))\nprintf '\\n%s %s\\n' '\(mark)' $?" }
        let system = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        let outcome = try run(
            ["bash", "-c", "exec 2>&1\n" + script.joined(separator: "\n")],
            environment: ["PATH": page.path == "README.md" ? system : "\(Place.products):\(system)"],
            directory: Place.repository)
        let parts = outcome.output.components(separatedBy: "\n\(mark) ")
        try #require(parts.count == commands.count + 1, "\(outcome.output)")
        for (number, command) in commands.enumerated() {
            // A part begins with the status of the command before it.
            let output = number == 0 ? parts[0] : String(parts[number].drop { $0 != "\n" }.dropFirst())
            let status = Int32(parts[number + 1].prefix(while: \.isNumber))
            #expect(status.map(allowed(command.typed).contains) == true, "\(command.typed): \(status ?? -1): \(output)")
            guard let shown = command.output, command.typed != "make test" else { continue }
            let (printed, expected) = (comparable(output), comparable(shown))
            #expect(matches(printed, expected), "\(command.typed)\n\(printed.joined(separator: "\n"))")
            #expect(tooWide(output, of: command.typed) == [])
        }
    }

    /// What dioaudit's targets of `make` do waits for the lock that `swift test` holds on the build: that there are such is tried.
    private func runnable(_ command: String) -> String {
        if command.hasPrefix("make ") && !command.hasPrefix("make fixtures") {
            return command == "make audit"
                ? "\(Place.dioaudit) audit" : ">/dev/null make --dry-run \(command.dropFirst(5))"
        }
        return command.replacing("\"$HOME/.local/bin/dioaudit\"", with: "dioaudit")
    }

    /// Verdicts end with 0 to 3; a comment says which. All else succeeds.
    private func allowed(_ command: String) -> Set<Int32> {
        if let code = command.firstMatch(of: /# exit code ([0-9]+)/) { return [Int32(code.1)!] }
        return command.contains("dioaudit ") ? [0, 1, 2, 3] : [0]
    }

    /// `…` on a line of its own stands for any lines.
    private func matches(_ printed: [String], _ shown: [String]) -> Bool {
        var rest = printed[...]
        let parts = shown.split(separator: "…", omittingEmptySubsequences: false)
        for (number, part) in parts.enumerated() {
            if number == 0 {
                guard rest.starts(with: part) else { return false }
                rest = rest.dropFirst(part.count)
            } else if number == parts.count - 1 {
                return rest.suffix(part.count).elementsEqual(part)
            } else {
                while !rest.starts(with: part) {
                    if rest.isEmpty { return false }
                    rest = rest.dropFirst()
                }
                rest = rest.dropFirst(part.count)
            }
        }
        return rest.isEmpty
    }

    /// What dioaudit writes for people fits a terminal. Its other formats are read by programs.
    private func tooWide(_ output: String, of command: String) -> [String] {
        !command.hasPrefix("dioaudit ") || command.contains("--format")
            ? [] : Outcome(status: 0, output: output, errors: "").tooWide()
    }

    // MARK: what differs

    /// Kernel allocations depend on the kernel's version and on the file system, and the user decides whether they are reported.
    private func isOfKernel(_ line: Substring) -> Bool {
        line.contains("the kernel allocate") || line.contains("  kernel, per transfer: ")
            || line.contains("(risk if memory")
            || line.contains("(kernel: per transfer")
            || line.contains("in the kernel: ") || line.contains("entry_SYSCALL_64")
            || line.contains("io flusher:") || line.contains("squeeze: limit")
            || line.contains(/[0-9] +(no|wait|writeback)\*?$/)
            || line.contains(/^ +[A-Za-z_|]*_[A-Za-z_|]*( +[A-Z_|]+)?$/)  // such a line goes on
            || line.contains(/^ +noprof( +[A-Z_|]+)?$/)  // the end of a function's name
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
            .replacing(/sleeps \(S\) in \w+/, with: "SLEEPS")
            .replacing(/#[0-9]+\s/, with: "#N ")
            .replacing(/(process|thread) [0-9]+/) { "\($0.1) PID" }
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

    // MARK: the reference

    @Test func theReferenceIsWhatTheToolSays() throws {
        let outcome = try run([Place.repository + "Scripts/reference", Place.dioaudit])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == Page(path: "docs/reference.md").text, "`make reference` writes it anew")
    }

    // MARK: the index

    @Test func everyPageIsInTheIndex() {
        let index = Page(path: "docs/README.md").text
        for page in Self.pages where page.path.hasPrefix("docs/") && page.path != "docs/README.md" {
            #expect(index.contains("](\(page.path.dropFirst("docs/".count)))"), "\(page.path)")
        }
    }

    /// Links between pages, to their headings too, as GitHub names these.
    @Test(arguments: pages) func itsLinksLeadSomewhere(page: Page) throws {
        let directory = URL(filePath: Place.repository + page.path).deletingLastPathComponent()
        for link in page.text.matches(of: /\]\(([^)#: ]*)(#[^) ]+)?\)/) {
            let target =
                link.1.isEmpty ? URL(filePath: Place.repository + page.path) : directory.appending(path: link.1)
            #expect(FileManager.default.fileExists(atPath: target.path()), "\(link.0)")
            guard let anchor = link.2, let text = try? String(contentsOf: target, encoding: .utf8) else { continue }
            #expect(headings(of: text).contains(String(anchor.dropFirst())), "\(link.0)")
        }
    }

    private func headings(of text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" }.dropFirst().lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacing(" ", with: "-")
            })
    }
}
