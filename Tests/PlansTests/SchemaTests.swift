import Foundation
import Testing

@testable import Plans

/// docs/plan.schema.json and docs/plans.md say what the reader does.
@Suite struct SchemaTests {
    private static let docs =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path() + "docs/"

    private func schema() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: Self.docs + "plan.schema.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func keys(_ path: String) throws -> Set<String> {
        var value: Any? = try schema()
        for part in path.split(separator: "/") { value = (value as? [String: Any])?[String(part)] }
        return Set(try #require(value as? [String: Any]).keys)
    }

    /// As the schema has them; EndToEndTests hold them against `dioaudit run`.
    private func options() throws -> OptionTable {
        let flags = ["kernel-stacks", "lock", "require-lock", "squeeze", "strict"]
        return OptionTable(
            try keys("$defs/options/properties").map {
                .init(
                    $0, isFlag: flags.contains($0),
                    repeats: ["allow", "forbid", "suppressions", "kernel-limit", "budget"].contains($0),
                    isPair: ["kernel-limit", "budget"].contains($0))
            })
    }

    @Test func itsKeysAreTheReaders() throws {
        let table = try options()
        #expect(try keys("$defs/options/properties") == OptionTable.ofSubjects)
        #expect(try keys("properties") == Keys.ofPlan)
        #expect(try keys("properties/defaults/properties") == Keys.ofDefaults(table))
        #expect(try keys("$defs/workload/properties") == Keys.ofWorkload(table))
        #expect(try keys("$defs/subject/properties") == Keys.ofSubject(table))
        let matrix =
            ((try schema()["$defs"] as? [String: Any])?["matrix"] as? [String: Any])?["propertyNames"] as? [String: Any]
        let crossed = Keys.ofWorkload(table).union(Keys.ofSubject(table)).subtracting(Keys.notCrossed)
        #expect(Set(try #require(matrix?["enum"] as? [String])) == crossed)
    }

    @Test func everyKeyIsDescribed() throws {
        for part in ["fio", "entry", "program", "options"] {
            let parts = try #require((try schema()["$defs"] as? [String: Any])?[part] as? [String: Any])
            for (key, value) in try #require(parts["properties"] as? [String: [String: Any]]) {
                #expect((value["description"] as? String)?.isEmpty == false, "\(key)")
            }
        }
    }

    @Test func thePageHasEveryKey() throws {
        let page = try String(contentsOfFile: Self.docs + "plans.md", encoding: .utf8)
        let table = try options()
        for key in Keys.ofPlan.union(Keys.ofEntry).union(Keys.fio).union(Keys.ofProgram).union(["warmup-ios"]) {
            #expect(page.contains("\n| `\(key)` |"), "\(key)")
        }
        let texts = page.components(separatedBy: .newlines).joined(separator: " ")
        let (ofWorkloads, rest) = (texts.range(of: "a workload takes"), texts.range(of: "These are `allow`"))
        for key in OptionTable.ofWorkloads.intersection(table.names) {
            #expect(texts[try #require(ofWorkloads).lowerBound...].prefix(250).contains("`\(key)`"), "\(key)")
        }
        for key in table.names {
            #expect(texts[try #require(rest).lowerBound...].prefix(500).contains("`\(key)`"), "\(key)")
        }
    }

    // MARK: examples

    @Test func thePagesExampleIsTheFile() throws {
        let page = try String(contentsOfFile: Self.docs + "plans.md", encoding: .utf8)
        #expect(
            page.contains(
                "```yaml\n" + (try String(contentsOfFile: Self.docs + "example.yml", encoding: .utf8)) + "```\n"))
    }

    /// The reader and the schema agree on what is a plan.
    @Test func whatIsAPlanIsOneByTheSchema() throws {
        let example = try String(contentsOfFile: Self.docs + "example.yml", encoding: .utf8)
        let starting = [
            StartingPlan(
                command: ["./my daemon", "--file=a: b", "no"], name: "my-daemon", lock: true, scope: "thread:w*",
                engines: true),
            StartingPlan(command: nil, name: nil, lock: false, scope: "process", engines: true),
            StartingPlan(command: ["x"], name: "x", lock: false, scope: "process", engines: false),
        ].map(\.text)
        for text in [example, PlanTests.example] + starting {
            _ = try Plan(yaml: Array(text.utf8), file: "p.yml", options: try options())
            #expect(try complaints(about: text) == "", "\(text)")
        }
    }

    @Test(arguments: [
        "version: 2\nsubjects: {a: {command: [x]}}", "version: 1\nsubjects: {a: {comand: [x]}}", "version: 1",
        "version: 1\nworkloads: {a: {rw: rw}}", "version: 1\nsubjects: {a: {command: x}}",
        "version: 1\nsubjects: {a: {command: [x], repeat: 0}}",
        "version: 1\nsubjects: {a: {command: [x], set-up: [y]}}",
        "version: 1\nmatrix: {command: [x]}\nsubjects: {a: {command: [x]}}",
    ]) func whatIsNoneIsNone(text: String) throws {
        #expect(throws: (any Error).self) { try Plan(yaml: Array(text.utf8), file: "p.yml", options: try options()) }
        #expect(try complaints(about: text) != "")
    }

    /// By python3-jsonschema; empty if there are none.
    private func complaints(about plan: String) throws -> String {
        var reader = YAMLReader(Array(plan.utf8), file: "p.yml")
        let data = try JSONSerialization.data(withJSONObject: json(try #require(try reader.document())))
        let program = """
            import json, sys, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(sys.argv[2])): print(list(error.path), error.message)
            """
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/python3")
        python.arguments = ["-c", program, Self.docs + "plan.schema.json", String(decoding: data, as: UTF8.self)]
        let pipe = Pipe()
        (python.standardOutput, python.standardError) = (pipe, pipe)
        try python.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        python.waitUntilExit()
        #expect(python.terminationStatus == 0, "\(said)")
        return said
    }

    /// As an editor takes it, by YAML 1.2's core schema.
    private func json(_ node: Node) -> Any {
        switch node.content {
        case .list(let nodes): nodes.map(json)
        case .mapping(let pairs): Dictionary(pairs.map { ($0.key, json($0.value)) }) { $1 }
        case .text(let text, isPlain: true):
            switch text {
            case "true": true
            case "false": false
            case "", "~", "null": NSNull()
            default: Int(text).map { $0 as Any } ?? Double(text).map { $0 as Any } ?? text
            }
        case .text(let text, isPlain: false): text
        }
    }
}
