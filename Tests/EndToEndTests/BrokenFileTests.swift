import Foundation
import Testing

/// Programs whose files are broken: their report is the same but for names, or says what is unknown. None stops dioaudit.
///
/// The program makes 99 steady transfers and allocates for each. What the kernel does not load of its file (symbols, debug info,
/// section headers) it does not need: with any bytes there it must still fail.
@Suite struct BrokenFileTests {
    private let scratch: Scratch
    /// DIOAUDIT_BROKEN_FILES: more of them, for a search of hours.
    private static let count = ProcessInfo.processInfo.environment["DIOAUDIT_BROKEN_FILES"].flatMap { Int($0) } ?? 120

    init() throws {
        scratch = try Scratch()
    }

    // MARK: bytes at random

    @Test(arguments: ["allocates-each-transfer", "stripped", "swift-allocates"])
    func whatIsNotLoadedMayBeAnything(_ name: String) throws {
        let program = try program(name)
        let unloaded = program.unloaded
        var problems: [String] = []
        for seed in 0..<UInt64(Self.count / 4) {
            var random = SeededGenerator(seed: seed)
            var broken = program
            for _ in 0..<Int.random(in: 1...16, using: &random) { broken.breakBytes(in: unloaded, &random) }
            if seed % 8 == 0 { broken.bytes.removeLast(Int.random(in: 1..<unloaded.count, using: &random)) }
            let ending = try run(broken)
            if ending.status != 1 { problems.append("seed \(seed): exit \(ending.status): \(ending.errors)") }
        }
        #expect(problems == [])
    }

    /// It may no more be the program that it was, and fail in its own ways.
    @Test func anyByteMayBeAnything() throws {
        let program = try program("allocates-each-transfer")
        var problems: [String] = []
        for seed in 0..<UInt64(Self.count / 4) {
            var random = SeededGenerator(seed: seed)
            var broken = program
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                broken.breakBytes(in: 0..<program.bytes.count, &random)
            }
            let ending = try run(broken)
            if !(1...3).contains(ending.status) {
                problems.append("seed \(seed): exit \(ending.status): \(ending.errors)")
            }
        }
        #expect(problems == [])
    }

    // MARK: what nobody would write by chance

    @Test func sectionHeadersAreNotBelieved() throws {
        let program = try program("allocates-each-transfer")
        var problems: [String] = []
        func check(_ what: String, _ change: (inout Program) -> Void) throws {
            var broken = program
            change(&broken)
            let ending = try run(broken)
            if ending.status != 1 { problems.append("\(what): exit \(ending.status): \(ending.errors)") }
        }
        try check("headers behind the end") { $0.put(UInt64($0.bytes.count + 64), at: 40) }
        try check("headers at the last address") { $0.put(UInt64.max - 63, at: 40) }
        try check("no headers") { $0.put(UInt16(0), at: 60) }
        try check("65,535 headers") { $0.put(UInt16.max, at: 60) }
        try check("names in a section that there is not") { $0.put(UInt16(0xfffe), at: 62) }
        for section in program.sections {
            try check("\(section.name) of all sizes") { $0.put(UInt64.max, at: section.header + 32) }
            try check("\(section.name) over the file's begin") { $0.put(UInt64(0), at: section.header + 24) }
            try check("\(section.name) linked to no section") { $0.put(UInt32.max, at: section.header + 40) }
        }
        #expect(problems == [])
    }

    @Test func namesNeedNoEnd() throws {
        var broken = try program("allocates-each-transfer")
        for name in [".strtab", ".shstrtab", ".debug_str", ".debug_line_str"] {
            guard let section = broken.sections.first(where: { $0.name == name }) else { continue }
            broken.bytes.replaceSubrange(
                section.range, with: repeatElement(UInt8(ascii: "A"), count: section.range.count))
        }
        #expect(try run(broken).status == 1)
    }

    @Test func aSectionThatInflatesToMoreThanThereIs() throws {
        let path = scratch.file("compressed")
        _ = try EndToEndTests.run([
            "objcopy", "--compress-debug-sections=zlib", Place.fixture("allocates-each-transfer"), path,
        ])
        for size: UInt64 in [1 << 33, 1 << 62, .max] {
            var broken = try Program(path)
            let sections = broken.sections.filter { $0.isCompressed }
            #expect(sections.count > 2)
            // Elf64_Chdr: ch_type, ch_reserved, ch_size.
            for section in sections { broken.put(size, at: section.range.lowerBound + 8) }
            #expect(try run(broken).status == 1)
        }
    }

    @Test func aBuildIDOfAllSizes() throws {
        var broken = try program("swift-allocates")
        let note = try #require(broken.sections.first { $0.name == ".note.gnu.build-id" })
        broken.put(UInt32.max - 3, at: note.range.lowerBound + 4)
        #expect(try run(broken).status == 1)
    }

    // MARK: separate debug files

    @Test(arguments: ["itself", "fifo", "/etc/shadow", "../../etc/shadow", "nothing"])
    func aDebugLinkMayLeadAnywhere(_ target: String) throws {
        #expect(mkfifo(scratch.file("fifo"), 0o600) == 0)
        for section in [".gnu_debuglink", ".gnu_debugaltlink"] {
            let link = scratch.file("link")
            try (Data(target.utf8) + Data(count: 24)).write(to: URL(filePath: link))
            let path = scratch.file("itself")
            try? FileManager.default.removeItem(atPath: path)
            // An alternative is looked for where there is debug info, and a debug file where there is none.
            let base = section == ".gnu_debuglink" ? try stripped() : Place.fixture("allocates-each-transfer")
            _ = try EndToEndTests.run(["objcopy", "--add-section", "\(section)=\(link)", base, path])
            let ending = try run(Program(path), at: path)
            #expect(ending.status == 1, "\(section): \(ending.errors)")
        }
    }

    /// By its build id, beside the program.
    @Test func aSeparateDebugFileIsFoundBesideTheProgram() throws {
        let (program, debug) = (scratch.file("program"), scratch.file("program.debug"))
        for arguments in [
            ["--only-keep-debug", Place.fixture("allocates-each-transfer"), debug],
            ["--strip-all", "--add-gnu-debuglink=\(debug)", Place.fixture("allocates-each-transfer"), program],
        ] {
            let outcome = try EndToEndTests.run(["objcopy"] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        let (outcome, _) = try audit([program, scratch.file("data")], options: Self.options)
        #expect(outcome.errors.contains("#0 allocate Fixtures/allocates-each-transfer.c:"), "\(outcome.errors)")
    }

    /// As a server has it: by build id, below a folder.
    @Test(.enabled(if: hasDebuginfod, "needs libdebuginfod")) func aSeparateDebugFileComesFromAServer() throws {
        let (program, folder) = (scratch.file("program"), scratch.file("debug"))
        let source = Place.fixture("swift-allocates")
        let notes = try EndToEndTests.run(["readelf", "-n", source]).output
        let id = try #require(notes.firstMatch(of: /Build ID: ([0-9a-f]+)/)).1
        let place = "\(folder)/buildid/\(id)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        _ = try EndToEndTests.run(["objcopy", "--only-keep-debug", source, "\(place)/debuginfo"])
        _ = try EndToEndTests.run(["objcopy", "--strip-all", source, program])
        for (servers, isNamed) in [("file://\(folder)", true), ("", false)] {
            let (outcome, _) = try audit(
                [program, scratch.file("data")], options: Self.options,
                environment: ["DEBUGINFOD_URLS": servers, "DEBUGINFOD_CACHE_PATH": scratch.file("cache")])
            #expect(outcome.errors.contains("Fixtures/swift-allocates.swift:") == isNamed, "\(outcome.errors)")
        }
    }

    private static let hasDebuginfod = FileManager.default.fileExists(
        atPath: "/usr/lib/x86_64-linux-gnu/libdebuginfod.so.1")

    // MARK: scripts

    @Test func aScriptMayNameItself() throws {
        let path = scratch.file("script")
        try "#!\(path)\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
        let (outcome, _) = try audit([path])
        #expect(outcome.status == 3, "\(outcome.errors)")
    }

    // MARK: how

    private static let options = ["--kernel", "off", "--syscalls", "off", "--timeout", "20s"]

    private func run(_ program: Program, at path: String? = nil) throws -> Outcome {
        let path = path ?? scratch.file("broken")
        try program.bytes.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
        chmod(path, 0o755)
        return try EndToEndTests.run(
            [Place.dioaudit, "run"] + Self.options + ["--quiet", "--", path, scratch.file("data")])
    }

    private func program(_ name: String) throws -> Program {
        try Program(name == "stripped" ? stripped() : Place.fixture(name))
    }

    private func stripped() throws -> String {
        let path = scratch.file("stripped")
        _ = try EndToEndTests.run(["strip", "-o", path, Place.fixture("allocates-each-transfer")])
        return path
    }
}
