import Foundation

// Large inputs: a report of 100,000 places in each format, and a plan of 500 entries. Each beside two programs that read JSON and write
// it again, by the same file.

@MainActor func reports() throws {
    let stored = "\(scratch)/stored.json"
    let places = "100000"
    let run = Contender(
        command: [
            dioaudit, "run", "--quiet", "--format", "json=\(stored)", "--", fixture("many-places"), "\(scratch)/places",
            places,
        ], figure: .wallMilliseconds)
    let (wall, peak) = (try run.measure() / 1e3, try run.peakMebibytes())
    say(String(format: "a run with %@ places and its JSON report: %.1f s, %.0f MiB", places, wall, peak))
    let size = try FileManager.default.attributesOfItem(atPath: stored)[.size] as? Int ?? 0
    say("the report has \(size >> 20) MiB; what `dioaudit report` makes of it: (<= 2 s, <= 200 MiB)")
    let others = otherReaders(of: stored)
    for (name, other) in others {
        say(String(format: "%@: %.2f s, %.0f MiB", name, try other.measure() / 1e3, try other.peakMebibytes()))
    }
    let formats = [
        "text", "json", "junit", "sarif", "github", "codequality", "markdown", "tap", "openmetrics", "folded",
        "speedscope",
        "csv", "html", "suppressions",
    ]
    for format in formats {
        let report = Contender(
            command: [dioaudit, "report", stored, "--format", "\(format)=\(scratch)/view"], figure: .wallMilliseconds)
        for (name, other) in others {
            let result = try compare(report, other, pairs: 3)
            row("report --format \(format) / \(name)", "", (result.ratio, result.a / 1e3, result.b / 1e3), "s")
        }
        say(String(format: "    %.0f MiB", try report.peakMebibytes()))
    }
}

@MainActor func plans() throws {
    // JSON is YAML: all of them read the same file.
    let entries = (0..<500).map { number in
        "\"entry\(number)\": {\"command\": [\"true\", \"\(number)\"], \"timeout\": \"\(number + 1)s\", \"min-ios\": \(number)}"
    }
    let plan = "\(scratch)/plan.json"
    try "{\"version\": 1, \"subjects\": {\(entries.joined(separator: ",\n"))}}".write(
        toFile: plan, atomically: true, encoding: .utf8)
    let list = Contender(command: [dioaudit, "audit", "--list", "--plan", plan], figure: .wallMilliseconds)
    for (name, other) in otherReaders(of: plan) {
        row("a plan of 500 entries: audit --list / \(name)", "<= 50 ms", try compare(list, other, pairs: pairs), "ms")
    }
}

private func otherReaders(of path: String) -> [(name: String, Contender)] {
    [
        ("jq .", Contender(command: ["sh", "-c", "exec jq . $0 >/dev/null", path], figure: .wallMilliseconds)),
        (
            "json.tool",
            Contender(command: ["python3", "-m", "json.tool", path, "/dev/null"], figure: .wallMilliseconds)
        ),
    ]
}
