import Foundation
import Testing

/// The files of Pipelines/, as far as they run without the services that they are for: their shell lines, with those services'
/// environment files.
@Suite struct PipelineTests {
    /// The services' directory and files, and a dioaudit that writes down its arguments and does as they say.
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let standIn = """
            #!/bin/bash
            printf '%s\\n' "$@" >\(scratch.file("arguments"))
            while [ $# -gt 0 ]; do
                case $1 in
                    --format) [[ $2 != *=* ]] || echo "${2%%=*}" >"${2#*=}" ;;
                    --baseline) baseline=$2 ;;
                    --update-baseline) echo new >"$baseline" ;;
                    --) break ;;
                esac
                shift
            done
            exit $STATUS
            """
        let files = FileManager.default
        try files.createDirectory(atPath: scratch.file("bin"), withIntermediateDirectories: false)
        try standIn.write(toFile: scratch.file("bin/dioaudit"), atomically: true, encoding: .utf8)
        try succeed(["chmod", "755", scratch.file("bin/dioaudit")])
    }

    private func read(_ name: String) -> String {
        (try? String(contentsOfFile: scratch.file(name), encoding: .utf8)) ?? ""
    }

    /// What Python's reader of YAML finds, as JSON.
    private func yaml(_ path: String) throws -> Any {
        let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
        let outcome = try run(["/usr/bin/python3", "-c", script, Place.repository + path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    }

    private func steps() throws -> [[String: Any]] {
        let action = try #require(yaml("action.yml") as? [String: Any])
        let runs = try #require(action["runs"] as? [String: Any])
        return try #require(runs["steps"] as? [[String: Any]])
    }

    /// The action's shell step of that name, with inputs in place of their expressions.
    private func act(_ name: String, _ inputs: [String: String], status: Int32 = 0) throws -> Outcome {
        let action = try #require(yaml("action.yml") as? [String: Any])
        let declared = try #require(action["inputs"] as? [String: [String: Any]])
        let step = try #require(steps().first { $0["name"] as? String == name })
        var environment = [
            "GITHUB_ACTION_PATH": Place.repository, "RUNNER_TEMP": scratch.path, "STATUS": "\(status)",
            "PATH": scratch.file("bin") + ":/usr/bin:/bin",
        ]
        for file in ["PATH", "OUTPUT", "STEP_SUMMARY"] { environment["GITHUB_\(file)"] = scratch.file(file) }
        for (variable, expression) in try #require(step["env"] as? [String: String]) {
            let match = try #require(expression.wholeMatch(of: /\${{ inputs\.([a-z-]+) }}/))
            let input = String(match.1)
            environment[variable] = try inputs[input] ?? #require(declared[input]?["default"] as? String)
        }
        let line = try #require(step["run"] as? String)
        // What a user wrote reaches the shell as a variable, never as a part of the line.
        #expect(!line.contains("${{"))
        return try run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line], environment: environment,
            directory: scratch.path)
    }

    @Test(arguments: [0, 1, 2, 3] as [Int32]) func theActionFailsWhereTheAuditIsNoPass(status: Int32) throws {
        let outcome = try act(
            "Audit", ["command": "./daemon 'two words' \"\"", "options": "--top 3"], status: status)
        #expect(outcome.status == status, "\(outcome)")
        let out = scratch.file("dioaudit-reports")
        #expect(
            read("arguments").split(separator: "\n", omittingEmptySubsequences: false) == [
                "run", "--top", "3", "--format", "text", "--format", "github", "--format", "json=\(out)/report.json",
                "--format", "sarif=\(out)/dioaudit.sarif", "--format", "markdown=\(out)/summary.md", "--", "./daemon",
                "two words", "", "",
            ])
        #expect(read("STEP_SUMMARY") == "markdown\n")
        #expect(read("OUTPUT") == "sarif=\(out)/dioaudit.sarif\nreport=\(out)/report.json\nexit-code=\(status)\n")
    }

    @Test func withoutACommandTheActionAuditsThePlan() throws {
        #expect(try act("Audit", [:]).status == 0)
        #expect(read("arguments").hasPrefix("audit\n--format\n"))
        // One that comes to nothing asks for no plan: `run` refuses it.
        #expect(try act("Audit", ["command": "$RUNNER_NOTHING"]).status != 0)
        #expect(try act("Audit", ["command": " "]).status == 0)
        #expect(read("arguments").hasPrefix("run\n") && read("arguments").hasSuffix("\n--\n"))
    }

    /// The same step with dioaudit itself: it takes those formats, and they hold what GitHub reads.
    @Test func theActionShowsWhereAProgramAllocates() throws {
        try succeed(["ln", "-sf", Place.dioaudit, scratch.file("bin/dioaudit")])
        let command = "\(Place.fixture("callocs")) \(scratch.file("direct"))"
        let outcome = try act("Audit", ["command": command, "options": "--allow faults"])
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.output.contains(/(?m)^::error .*callocs/))
        #expect(read("STEP_SUMMARY").hasPrefix("## dioaudit: fail\n"))
        let sarif = try JSONSerialization.jsonObject(with: Data(read("dioaudit-reports/dioaudit.sarif").utf8))
        #expect((sarif as? [String: Any])?["version"] as? String == "2.1.0")
        #expect(try StoredReport(read("dioaudit-reports/report.json")).root["verdict"] as? String == "fail")
    }

    /// A baseline is made of the first run, and replaced only by one that passes against it.
    @Test(
        arguments: [
            (nil, "true", 0, "new\n"), (nil, "true", 1, "new\n"), (nil, "false", 0, nil),
            ("old\n", "true", 0, "new\n"), ("old\n", "true", 1, "old\n"), ("old\n", "true", 2, "old\n"),
            ("old\n", "false", 0, "old\n"),
        ] as [(String?, String, Int32, String?)])
    func theActionsBaselineNeverGetsWorse(before: String?, update: String, status: Int32, after: String?) throws {
        try before?.write(toFile: scratch.file("base.json"), atomically: true, encoding: .utf8)
        let inputs = ["command": "x", "baseline": "base.json", "update-baseline": update]
        let outcome = try act("Audit", inputs, status: status)
        #expect(outcome.status == status, "\(outcome)")
        #expect(read("base.json") == after ?? "")
        #expect(read("OUTPUT").contains("baseline-updated=true") == (after == "new\n"))
        #expect(read("arguments").contains("--baseline\n") == (before != nil || update == "true"))
        #expect(outcome.output.contains("::notice::") == (before == nil))
    }

    /// Where dioaudit itself could not run there is no summary, and no pass.
    @Test func anActionWithoutDioauditFails() throws {
        try succeed(["rm", scratch.file("bin/dioaudit")])
        #expect(try act("Audit", ["command": "true"]).status == 127)
        #expect(read("OUTPUT").hasSuffix("exit-code=127\n"))
        #expect(try act("Install dioaudit", ["package": "x.rpm"]).status == 64)
    }

    @Test func theActionTakesATarball() throws {
        try succeed(["tar", "-czf", "d.tar.gz", "--transform", "s|^|dioaudit-1/|", "bin"], directory: scratch.path)
        let outcome = try act("Install dioaudit", ["package": "d.tar.gz"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(read("PATH") == scratch.file("dioaudit/bin\n"))
        #expect(FileManager.default.isExecutableFile(atPath: scratch.file("dioaudit/bin/dioaudit")))
    }

    /// What a step uploads and keeps, it does where the audit failed too.
    @Test func laterStepsOfTheActionDoNotHideAFailure() throws {
        let steps = try steps()
        #expect(steps.allSatisfy { $0["continue-on-error"] == nil })
        let audit = try #require(steps.firstIndex { $0["id"] as? String == "audit" })
        for step in steps[(audit + 1)...] { #expect((step["if"] as? String)?.hasPrefix("always() && ") == true) }
    }

    @Test(arguments: [0, 1, 2, 3] as [Int32]) func theGitLabJobFailsWhereTheAuditIsNoPass(status: Int32) throws {
        let template = try #require(yaml("Pipelines/gitlab.yml") as? [String: [String: Any]])
        let job = try #require(template[".dioaudit"])
        let lines = try #require(job["script"] as? [String])
        let outcome = try run(
            ["bash", "-eo", "pipefail", "-c", lines.joined(separator: "\n")],
            environment: [
                "PATH": scratch.file("bin") + ":/usr/bin:/bin", "STATUS": "\(status)",
                "DIOAUDIT_COMMAND": "./daemon 'two words'", "DIOAUDIT_OPTIONS": "--top 3",
            ], directory: scratch.path)
        #expect(outcome.status == status, "\(outcome)")
        #expect(read("arguments").hasPrefix("run\n--top\n3\n--format\ntext\n"))
        #expect(read("arguments").hasSuffix("--\n./daemon\ntwo words\n"))
        #expect(job["allow_failure"] == nil)
        let artifacts = try #require(job["artifacts"] as? [String: Any])
        #expect(artifacts["when"] as? String == "always")
        for (format, path) in try #require(artifacts["reports"] as? [String: String]) {
            #expect(read(path) == format + "\n")
        }
    }

    /// The hook is a command of dioaudit's own.
    @Test func thePreCommitHookAudits() throws {
        let hooks = try #require(yaml(".pre-commit-hooks.yaml") as? [[String: Any]])
        #expect(hooks.map { $0["entry"] as? String } == ["dioaudit audit"])
        #expect(hooks[0]["pass_filenames"] as? Bool == false)
        #expect(hooks[0]["always_run"] as? Bool == true)
    }

    /// systemd's own check of a unit with the drop-in. It looks for the programs that are named.
    @Test func systemdTakesTheDropIn() throws {
        let unit = scratch.file("audited.service")
        try succeed(["mkdir", unit + ".d"])
        try "[Service]\nType=notify\nExecStart=/usr/bin/true\n".write(toFile: unit, atomically: true, encoding: .utf8)
        let text = try String(contentsOfFile: Place.repository + "Pipelines/systemd.conf", encoding: .utf8)
            .replacing("/usr/bin/dioaudit", with: scratch.file("bin/dioaudit"))
        try text.write(toFile: unit + ".d/dioaudit.conf", atomically: true, encoding: .utf8)
        let outcome = try run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit])
        #expect(outcome.status == 0 && !outcome.errors.contains("audited.service"), "\(outcome)")
        try text.replacing("NotifyAccess=all", with: "NotifyAcces=all")
            .write(toFile: unit + ".d/dioaudit.conf", atomically: true, encoding: .utf8)
        let misspelled = try run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit])
        #expect(misspelled.errors.contains("NotifyAcces"), "\(misspelled)")
    }

    /// What docs/pipelines.md shows is a part of what is tested, and gives the action inputs that it has.
    @Test func thePageShowsWhatIsTested() throws {
        let page = try String(contentsOfFile: Place.repository + "docs/pipelines.md", encoding: .utf8)
        let blocks = page.matches(of: /(?s)```(\w+)\n(.*?)```/).map { (String($0.1), String($0.2)) }
        let files = ["cmake": "Tests/projects/CMakeLists.txt", "meson": "Tests/projects/meson.build"]
        for (language, text) in blocks {
            guard let file = files[language] else { continue }
            #expect(try String(contentsOfFile: Place.repository + file, encoding: .utf8).contains(text), "\(text)")
        }
        let action = try #require(yaml("action.yml") as? [String: Any])
        let inputs = try #require(action["inputs"] as? [String: Any])
        let shown = try #require(blocks.first { $0.0 == "yaml" }).1.components(separatedBy: "with:\n")[1]
        let names = shown.matches(of: /(?m)^ +([a-z-]+):\s/).map { String($0.1) }
        #expect(names.count == 5 && Set(names).isSubset(of: inputs.keys), "\(names)")
        #expect(blocks.map(\.0) == ["yaml", "yaml", "cmake", "meson", "meson"])
    }
}
