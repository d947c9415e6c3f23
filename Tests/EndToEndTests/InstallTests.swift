import Foundation
import Testing

/// What `make install` puts in its place, and what others find of it there.
@Suite(.serialized) struct InstallTests {
    private let scratch: Scratch
    private let prefix: String

    /// What was built for the tests, installed below a root and moved away from there.
    init() throws {
        scratch = try Scratch()
        prefix = scratch.file("moved")
        try Self.install(below: scratch.file("root"))
        try succeed(["mv", scratch.file("root/opt"), prefix])
    }

    @Test func whatIsInstalledIsRemovedAgain() throws {
        let root = scratch.file("root")
        try Self.install(below: root)
        let files = try Self.files(below: root)
        #expect(files.contains("\(root)/opt/share/man/man1/dioaudit-run.1"))

        // What an earlier version installed is no file of this one.
        let list = root + "/opt/lib/dioaudit/installed"
        try succeed(["sh", "-c", "echo of-an-earlier-version >>\(list); touch \(root)/opt/of-an-earlier-version"])
        try succeed(["touch", root + "/opt/share/of-another-package"])
        try Self.install(below: root)
        #expect(try Self.files(below: root) == (files + [root + "/opt/share/of-another-package"]).sorted())

        try Self.install(below: root, "--remove")
        #expect(try Self.files(below: root) == [root + "/opt/share/of-another-package"])
        let again = try run([Place.repository + "Scripts/install", "--remove", "/opt"], environment: ["DESTDIR": root])
        #expect(again.status == 1)
        #expect(again.errors == "install: \(list) is missing: nothing is installed there\n")
    }

    @Test func pkgConfigFindsTheHeaderWhereItIs() throws {
        let environment = ["PKG_CONFIG_PATH": prefix + "/share/pkgconfig"]
        let flags = try run(["pkg-config", "--cflags", "dioaudit"], environment: environment)
        #expect(flags.output.contains("-I\(prefix)/share/pkgconfig/../../include"), "\(flags)")
        let version = try run(["pkg-config", "--modversion", "dioaudit"], environment: environment)
        let said = try run([Place.dioaudit, "--version"])
        #expect(version.output == said.output)
    }

    /// libdioaudit_test, which is found where it is by pkg-config and by CMake.
    @Test func testsInCFindTheLibraryOfAssertions() throws {
        let build = try Scratch()
        let flags = try run(
            ["pkg-config", "--cflags", "--libs", "dioaudit_test"],
            environment: ["PKG_CONFIG_PATH": prefix + "/share/pkgconfig"])
        #expect(flags.status == 0, "\(flags.errors)")
        let source = Self.project + "/expects.c"
        try succeed(
            ["gcc", source, "-pthread"] + flags.output.split(separator: /\s+/).map(String.init)
                + ["-o", build.file("by-pkg-config")])
        try """
        cmake_minimum_required(VERSION 3.18)
        project(x LANGUAGES C)
        find_package(dioaudit REQUIRED)
        add_executable(by-cmake \(source))
        target_link_libraries(by-cmake dioaudit::test)
        """.write(toFile: build.file("CMakeLists.txt"), atomically: true, encoding: .utf8)
        try succeed(["cmake", "-S", build.path, "-B", build.path, "-DCMAKE_PREFIX_PATH=\(prefix)"])
        try succeed(["cmake", "--build", build.path])
        for program in ["by-pkg-config", "by-cmake"] {
            let outcome = try run([build.file(program)])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("\nthree: 3 3 3 -1\n"), "\(program): \(outcome)")
        }
    }

    /// Examples/ring: the library by CMake, under CTest alone, with GoogleTest and with Catch2. A ring passes, and std::queue does not.
    @Test func frameworksInCPlusPlusTellOfAFailure() throws {
        let build = try Scratch()
        try succeed([
            "cmake", "-S", Place.repository + "Examples/ring", "-B", build.path, "-DCMAKE_PREFIX_PATH=\(prefix)",
        ])
        try succeed(["cmake", "--build", build.path])
        let outcome = try run(["ctest", "--output-on-failure"], directory: build.path)
        #expect(outcome.status == 8, "\(outcome)")
        let results = outcome.output.matches(of: /Test +#[0-9]: ([\w.]+) \.+ *(\*\*\*)?(\w+)/).map { "\($0.1) \($0.3)" }
        #expect(
            results == [
                "plain.ring Passed", "plain.queue Subprocess", "googletest.ring Passed", "googletest.queue Failed",
                "catch2.ring Passed", "catch2.queue Failed",
            ], "\(outcome.output)")
        // Each framework has the place, what was counted, and the stack. Catch2 breaks lines.
        let told = outcome.said.components(separatedBy: "in the judged run: 8 of malloc 8 of malloc, 4096 bytes: #0 ")
        #expect(told.count == 4, "\(outcome.output)")
        for (place, rest) in zip(["plain.cpp:11: ", "with_googletest.cpp:23: ", "with_catch2.cpp:25: "], told) {
            #expect(rest.suffix(80).contains(place), "\(rest.suffix(80))")
        }
        // Compilers give a template's function other names.
        #expect(told.dropFirst().allSatisfy { $0.contains("pass_on<") }, "\(outcome.output)")
        #expect(BookTests.Page(path: "docs/examples.md").text.contains("in the judged run: 8 of malloc\n"))
    }

    /// A pass passes; a violation, an inconclusive audit and a program that does not start fail. Nothing is skipped.
    @Test func ctestJudgesByDioaudit() throws {
        let build = try Scratch()
        try succeed([
            "cmake", "-S", Self.project, "-B", build.path, "-DCMAKE_PREFIX_PATH=\(prefix)",
            "-DFIXTURES=\(Place.fixture(""))",
        ])
        try succeed(["cmake", "--build", build.path])
        let outcome = try run(["ctest", "--output-on-failure"], directory: build.path)
        #expect(outcome.status == 8, "\(outcome)")
        let results = outcome.output.matches(of: /Test +#[0-9]: (\w+) \.+ *(\*\*\*)?(\w+)/).map { "\($0.1) \($0.3)" }
        #expect(results == ["passes Passed", "allocates Failed", "sees_nothing Failed", "cannot_start Failed"])
        #expect(outcome.output.contains("dioaudit: fail: callocs: "))
        #expect(outcome.output.contains("dioaudit: inconclusive: buffered-only: "))
    }

    @Test func cmakeRefusesATestThatAuditsNothing() throws {
        let wrong = [
            ("NAME x OPTIONS --help COMMAND y", "--help audits nothing"),
            ("NAME x OPTIONS --top 3", "NAME and COMMAND are needed"),
            ("COMMAND y", "NAME and COMMAND are needed"),
            ("NAME x y COMMAND z", "\"y\" belongs to none"),
        ]
        for (arguments, message) in wrong {
            let outcome = try configure("find_package(dioaudit REQUIRED)\ndioaudit_add_test(\(arguments))")
            #expect(outcome.status == 1)
            #expect(outcome.said.contains(message), "\(outcome)")
        }
    }

    @Test func cmakeTakesTheSameSeries() throws {
        for (version, isFound) in [("0.1", true), ("0.0", false), ("0.2", false), ("1.0", false), ("", true)] {
            let outcome = try configure("find_package(dioaudit \(version) REQUIRED)")
            #expect((outcome.status == 0) == isFound, "\(outcome)")
        }
    }

    private func configure(_ lines: String) throws -> Outcome {
        let project = try Scratch()
        try "cmake_minimum_required(VERSION 3.18)\nproject(x LANGUAGES NONE)\n\(lines)\n"
            .write(toFile: project.file("CMakeLists.txt"), atomically: true, encoding: .utf8)
        return try run([
            "cmake", "-S", project.path, "-B", project.file("build"), "-DCMAKE_PREFIX_PATH=\(prefix)",
        ])
    }

    @Test func mesonJudgesByDioaudit() throws {
        let build = try Scratch()
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let environment = ["PKG_CONFIG_PATH": prefix + "/share/pkgconfig", "PATH": "\(prefix)/bin:\(path)"]
        try succeed(
            ["meson", "setup", build.file("build"), Self.project, "-Dfixtures=\(Place.fixture(""))"],
            environment: environment)
        let outcome = try run(["meson", "test", "-C", build.file("build")], environment: environment)
        #expect(outcome.status == 3, "\(outcome)")
        let results = outcome.output.matches(of: /[0-9]\/4 (\w+) +(\w+) +[0-9.]+s( +exit status [0-9])?/)
            .map { "\($0.1) \($0.2)\($0.3 ?? "")".split(separator: " ").joined(separator: " ") }
        let expected = [
            "allocates FAIL exit status 1", "cannot_start FAIL exit status 3", "passes OK",
            "sees_nothing FAIL exit status 2",
        ]
        #expect(results.sorted() == expected)
    }

    /// Of the command and of each of its own: without a warning of man's, and with every option that its help has.
    @Test func eachCommandHasItsManPage() throws {
        let help = try run([Place.dioaudit, "--help"]).output
        let commands = help.components(separatedBy: "SUBCOMMANDS:\n")[1].matches(of: /(?m)^  ([a-z]+)/).map {
            String($0.1)
        }
        #expect(commands.count >= 5)
        for command in [nil] + commands where command != "help" {
            let name = (["dioaudit"] + [command].compactMap { $0 }).joined(separator: "-")
            let page = try run(
                ["man", "--warnings", "-l", "\(prefix)/share/man/man1/\(name).1"],
                environment: ["MANWIDTH": "1000", "LC_ALL": "C.UTF-8"])
            #expect(page.status == 0 && page.errors == "", "\(name): \(page.errors)")
            let text = try run([Place.dioaudit] + [command].compactMap { $0 } + ["--help"]).output
            for option in text.matches(of: /(?m)^  .*?(--[a-z-]+)/).map(\.1) {
                #expect(page.output.contains(option), "\(name): \(option)")
            }
        }
        let run = try run(["man", "-l", "\(prefix)/share/man/man1/dioaudit-run.1"], environment: ["MANWIDTH": "1000"])
        #expect(run.output.contains("dioaudit run [options] -- command ..."))
    }

    @Test func shellsComplete() throws {
        let bash = """
            . PREFIX/share/bash-completion/completions/dioaudit
            COMP_WORDS=(dioaudit doc) COMP_CWORD=1 COMP_LINE='dioaudit doc' COMP_POINT=12
            $(complete -p dioaudit | sed -E 's/.*-F ([^ ]+).*/\\1/') dioaudit doc dioaudit
            echo "${COMPREPLY[@]}"
            """
        let fish = "source PREFIX/share/fish/vendor_completions.d/dioaudit.fish; complete -C 'dioaudit doc'"
        let zsh = "f=PREFIX/share/zsh/site-functions/_dioaudit; zsh -n $f && grep -o doctor: $f"
        for shell in [["bash", "-c", bash], ["fish", "--no-config", "-c", fish], ["zsh", "-f", "-c", zsh]] {
            let outcome = try run(
                shell.map { $0.replacing("PREFIX", with: prefix) }, environment: ["PATH": "\(prefix)/bin:/usr/bin:/bin"]
            )
            #expect(outcome.output.contains("doctor"), "\(shell): \(outcome)")
            #expect(outcome.errors == "")
        }
    }

    // MARK: -

    private static let project = Place.repository + "Tests/projects"

    private static func install(below root: String, _ what: String = Place.products) throws {
        try succeed([Place.repository + "Scripts/install", what, "/opt"], environment: ["DESTDIR": root])
    }

    private static func files(below root: String) throws -> [String] {
        try run(["find", root, "-not", "-type", "d"]).output.split(separator: "\n").map(String.init).sorted()
    }
}

/// Runs a command that must succeed.
func succeed(_ command: [String], environment: [String: String] = [:], directory: String? = nil) throws {
    let outcome = try run(command, environment: environment, directory: directory)
    guard outcome.status == 0 else { throw Failure("\(command): \(outcome)") }
}
