import Foundation
import Testing

/// The files of Pipelines/fleet/: their commands by dioaudit itself, what is GitHub's or a cluster's by stand-ins.
@Suite struct FleetTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.file("bin"), withIntermediateDirectories: false)
        try succeed(["ln", "-s", Place.dioaudit, scratch.file("bin/dioaudit")])
    }

    private var environment: [String: String] { ["PATH": scratch.file("bin") + ":/usr/bin:/bin"] }

    private func standIn(_ name: String, _ script: String) throws {
        try "#!/bin/bash\n\(script)\n".write(toFile: scratch.file("bin/\(name)"), atomically: true, encoding: .utf8)
        try succeed(["chmod", "755", scratch.file("bin/\(name)")])
    }

    private func yaml(_ name: String) throws -> [String: Any] {
        let script = "import json, sys, yaml; json.dump(yaml.load(open(sys.argv[1]), yaml.BaseLoader), sys.stdout)"
        let outcome = try run(["/usr/bin/python3", "-c", script, Place.repository + name])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    private func value<Value>(_ keys: String, of document: Any) throws -> Value {
        var value: Any? = document
        for key in keys.split(separator: ".").map(String.init) {
            value = Int(key).map { (value as? [Any])?[$0] } ?? (value as? [String: Any])?[key]
        }
        return try #require(value as? Value, "\(keys)")
    }

    // MARK: Kubernetes

    /// What Kubernetes requires of the two kinds, and what makes them what docs/pipelines.md says.
    @Test(arguments: [("job.yml", "batch/v1", "Job"), ("daemonset.yml", "apps/v1", "DaemonSet")])
    func itIsAnObject(file: String, version: String, kind: String) throws {
        let object = try yaml("Pipelines/fleet/\(file)")
        #expect(try value("apiVersion", of: object) == version && value("kind", of: object) == kind)
        #expect(Set(object.keys) == ["apiVersion", "kind", "metadata", "spec"])
        #expect(try value("metadata.name", of: object) == "dioaudit")
        #expect(try value("spec.template.metadata.labels", of: object) == ["app": "dioaudit"])
        let pod: [String: Any] = try value("spec.template.spec", of: object)
        #expect(try value("hostPID", of: pod) == "true")
        #expect(try value("containers.0.image", of: pod) == "IMAGE")
        #expect(try value("containers.0.securityContext.privileged", of: pod) == "true")
        #expect((pod["restartPolicy"] as? String == "Never") == (kind == "Job"))
        let spec: [String: Any] = try value("spec", of: object)
        let keys = kind == "Job" ? ["completions", "parallelism", "completionMode", "backoffLimit"] : ["selector"]
        #expect(Set(spec.keys) == Set(keys + ["template"]))
        if kind == "DaemonSet" { #expect(try value("spec.selector.matchLabels", of: object) == ["app": "dioaudit"]) }
    }

    @Test func theJobsLogIsTheReport() throws {
        let job = try yaml("Pipelines/fleet/job.yml")
        let container: [String: Any] = try value("spec.template.spec.containers.0", of: job)
        let mounted: String = try value("volumeMounts.0.mountPath", of: container)
        let command: [String] = try value("command", of: container)
        #expect(command.contains(mounted))
        #expect(
            try value("volumeMounts.0.name", of: container) as String
                == value("spec.template.spec.volumes.0.name", of: job))
        // A log has both streams.
        let typed = command.map { $0 == mounted ? scratch.path : $0 } + ["--only", "psync-*"]
        let outcome = try run(["bash", "-c", "exec \"$@\" 2>&1", "sh"] + typed, environment: environment)
        let report = try StoredReport(outcome.output)
        #expect(report.audits.count == 5 && (outcome.status == 0) == (report.verdict == "pass"), "\(outcome)")
    }

    @Test(.enabled(if: isRoot && mayHavePrograms, "needs root to attach, and BPF programs: .ci/run is root"))
    func theDaemonSetWatchesADaemon() throws {
        let set = try yaml("Pipelines/fleet/daemonset.yml")
        let container: [String: Any] = try value("spec.template.spec.containers.0", of: set)
        let variables: [[String: String]] = try value("env", of: container)
        #expect(variables == [["name": "DAEMON", "value": "NAME"], ["name": "DURATION", "value": "10m"]])
        let command: [String] = try value("command", of: container)
        #expect(command.count == 3 && command.prefix(2) == ["sh", "-c"])
        try standIn("sleep", "echo \"$@\" >\(scratch.file("slept"))")

        // A name that no other process of the machine has. It works as long as it is watched.
        let daemon = "fleet-\(getpid())"
        try copyProgram(Place.fixture("daemon-transfers"), to: scratch.file(daemon))
        let script = """
            mkfifo work
            ./\(daemon) data allocates <work >said &
            exec 3>work
            until [ -s said ]; do :; done
            "$@" &
            watch=$!
            while kill -0 $watch 2>&-; do echo >&3; done
            wait $watch
            """
        let outcome = try run(
            ["bash", "-c", script, "bash"] + command,
            environment: environment.merging(["DAEMON": daemon, "DURATION": "1s"]) { $1 }, directory: scratch.path)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        #expect(try String(contentsOfFile: scratch.file("slept"), encoding: .utf8) == "infinity\n")
        let report = try StoredReport(outcome.output)
        #expect(report.verdict == "fail")
        let steady = try phase("steady", of: #require(report.audits.first))
        let events = try #require(steady["events"] as? [String: [String: Any]])
        #expect((events["malloc"]?["calls"] as? Int ?? 0) > 0 && (steady["transfers"] as? Int ?? 0) > 0, "\(steady)")
    }

    /// A pod's report has the name of its node; one without a log is refused by `dioaudit report`.
    @Test func reportsAreCollectedFromLogs() throws {
        let stored = try stored("no-allocation-clean")
        try standIn(
            "kubectl",
            """
            case $1 in
                get) [ "$*" = "get pods --selector app=dioaudit --no-headers --output \
            custom-columns=POD:.metadata.name,NODE:.spec.nodeName" ] || exit 9; printf 'pod-1   node-a\\npod-2   node-b\\n' ;;
                logs) [ "$2" != "$EMPTY" ] || exit 0; [ "$2" != "$BROKEN" ] || exit 1; cat \(stored) ;;
            esac
            """)
        let collect = [Place.repository + "Pipelines/fleet/collect", "app=dioaudit", scratch.file("reports")]
        let report = ["bash", "-c", "dioaudit report \"$0\"/*.json", scratch.file("reports")]
        #expect(try run(collect, environment: environment).status == 0)
        let whole = try run(report, environment: environment)
        #expect(whole.status == 0 && whole.output.contains("dioaudit: pass: 2 reports: 2 pass"), "\(whole)")
        #expect(whole.output.contains("node-a.json") && whole.output.contains("node-b.json"))

        #expect(try run(collect, environment: environment.merging(["EMPTY": "pod-2"]) { $1 }).status == 0)
        let missing = try run(report, environment: environment)
        #expect(missing.status == 65 && missing.errors.contains("node-b.json"), "\(missing)")
        #expect(try run(collect, environment: environment.merging(["BROKEN": "pod-1"]) { $1 }).status == 1)
        #expect(try run(Array(collect.prefix(2)), environment: environment).status == 64)
    }

    // MARK: GitHub

    @Test func theWorkflowGivesTheActionWhatItTakes() throws {
        let workflow = try yaml("Pipelines/fleet/github.yml")
        let action = try yaml("action.yml")
        let steps: [[String: Any]] = try value("jobs.audit.steps", of: workflow)
        let use = try #require(steps.first { ($0["uses"] as? String)?.contains("dioaudit") == true })
        let inputs: [String: Any] = try value("inputs", of: action)
        let given: [String: Any] = try value("with", of: use)
        #expect(Set(given.keys).isSubset(of: inputs.keys) && !given.isEmpty)
        // The report is where the action's script writes it, whatever the verdict.
        let upload = try #require(steps.last)
        #expect(upload["if"] as? String == "always()")
        #expect(try value("with.if-no-files-found", of: upload) == "error")
        let path: String = try value("with.path", of: upload)
        let place = try #require(path.wholeMatch(of: /\${{ runner\.temp }}\/(.*)\/report\.json/)).1
        let script = try String(contentsOfFile: Place.repository + "Pipelines/github", encoding: .utf8)
        #expect(script.contains("out=$RUNNER_TEMP/\(place) ") && script.contains("json=$out/report.json"))
    }

    @Test func theWorkflowShowsOnePage() throws {
        let workflow = try yaml("Pipelines/fleet/github.yml")
        let fleet: [String: Any] = try value("jobs.fleet", of: workflow)
        // Where a machine failed, the page is of use.
        #expect(fleet["needs"] as? String == "audit" && fleet["if"] as? String == "always()")
        let steps: [[String: Any]] = try value("steps", of: fleet)
        let lines = steps.compactMap { $0["run"] as? String }
        #expect(lines.count == 1)
        for fixture in ["no-allocation-clean", "allocates-each-transfer"] {
            try succeed(["mkdir", "-p", scratch.file("reports/report-\(fixture)")])
            try succeed(["cp", try stored(fixture), scratch.file("reports/report-\(fixture)/report.json")])
        }
        let outcome = try run(
            ["bash", "-eo", "pipefail", "-c", lines[0]], environment: environment, directory: scratch.path)
        #expect(
            outcome.status == 1 && outcome.output.contains("dioaudit: fail: 2 reports: 1 pass, 1 fail"), "\(outcome)")
        let uploaded: String = try value("with.path", of: try #require(steps.last))
        #expect(try String(contentsOfFile: scratch.file(uploaded), encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
    }

    private func stored(_ fixture: String) throws -> String {
        let path = scratch.file("\(fixture).json")
        _ = try run([
            Place.dioaudit, "run", "--allow", "faults", "--format", "json=\(path)", "--", Place.fixture(fixture),
            scratch.file("data"),
        ])
        return path
    }
}
