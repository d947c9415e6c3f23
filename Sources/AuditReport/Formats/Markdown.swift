import AuditCore

/// A page of GitHub's Markdown: a table of the audits, and for each that is no pass its reasons, places, worst stack and phases. GitHub
/// takes a step's summary of 1 MiB at most: what is beyond that is left out, and said.
public func markdown(_ reports: [NamedReport], _ style: Style) -> String {
    let sections = reports.sections
    let audits = sections.flatMap(\.audits)
    var lines = ["## dioaudit: \(Verdict.overall(reports.map(\.report.verdict)).rawValue)", ""]
    for section in sections.prefix(mostAudits) {
        lines += section.facts.filter { $0.name != "tool" }.map {
            "\($0.name): \(escapedMarkdown(short($0.value)))  "
        }
    }
    lines += [""] + auditTable(audits).markdown
    for gap in sections.flatMap(\.gaps).prefix(mostAudits) {
        lines += ["", escapedMarkdown(short("\(gap.verdict.rawValue): \(gap.name): \(gap.text)"), beginsBlock: true)]
    }
    let table = lines.joined(separator: "\n") + "\n"

    var text = ""
    var left = 0
    for (name, audit) in audits where audit.verdict != .pass || !audit.notes.isEmpty {
        let part = "\n" + details(name, audit, style).joined(separator: "\n") + "\n"
        if left > 0 || table.utf8.count + text.utf8.count + part.utf8.count > mostBytes {
            left += 1
        } else {
            text += part
        }
    }
    return table + text
        + (left > 0
            ? "\nThe details of \(Figures.count(left, "more audit")) are left out: too long for a summary.\n" : "")
}

private let mostBytes = 900_000

private func auditTable(_ audits: [(name: String, audit: Audit)]) -> Table {
    var table = Table([
        .left("audit"), .left("verdict"), .right("steady transfers"), .right("settled after"), .left("outcome"),
    ])
    for (name, audit) in audits.prefix(mostAudits) {
        table.add([
            short(name), audit.verdict.rawValue,
            audit.hasSteadyPhase ? "\(audit.phases[.steady].transfers)" : "-",
            audit.hasSteadyPhase ? audit.settledAfter.map { "\($0)" } ?? "never" : "-", short(audit.outcome),
        ])
    }
    if audits.count > mostAudits {
        table.add(["and \(Figures.count(audits.count - mostAudits, "more audit"))", "", "", "", ""])
    }
    return table
}

/// Of 300 characters in a row, these take half of the page.
private let mostAudits = 1000

private func details(_ name: String, _ audit: Audit, _ style: Style) -> [String] {
    var lines = ["### \(escapedMarkdown(short(name))): \(audit.verdict.rawValue)", ""]
    lines += audit.reasonsInWords.prefix(mostReasons).map { "- \(escapedMarkdown(short($0), beginsBlock: true))" }
    if audit.reasons.count > mostReasons {
        lines.append("- and \(Figures.count(audit.reasons.count - mostReasons, "more reason"))")
    }
    lines += audit.notes.prefix(mostReasons).map { "- note: \(escapedMarkdown(short($0)))" }
    if audit.verdict == .pass { return lines }
    if !audit.places.isEmpty {
        lines +=
            [""]
            + placeTable(audit, audit.places.prefix(mostListed), style).markdown
            .map { $0.replacing(unbroken, with: " ") }
        lines += restOfPlaces(audit, after: mostListed).flatMap { ["", $0] }
        // Indented, so that nothing in it ends the block.
        let worst = audit.violations[audit.places[0].violations[0]]
        lines += ["", "<details><summary>the worst place's stack</summary>", ""]
        lines += style.lines(worst, folded: true).map { "    " + shortened($0, to: mostOfText) }
        lines += ["", "</details>"]
    }
    if audit.hasSteadyPhase {
        lines += [""] + phaseTable(audit, verbose: false).markdown + ["", escapedMarkdown(phaseLegend(audit))]
    }
    return lines
}

private let mostReasons = 100
private let mostOfText = 300

private func short(_ text: String) -> String { shortened(printable(text), to: mostOfText) }

/// Text in one line, without what Markdown would take for its own: markup, HTML and links; and a list's or heading's sign where the text
/// begins a block.
func escapedMarkdown(_ text: String, beginsBlock: Bool = false) -> String {
    var result = ""
    for character in printable(text) {
        // A bare address becomes a link, behind any escape.
        if character == "/" && result.hasSuffix(":") || character == "." && result.hasSuffix("www") {
            result += character == "/" ? "&#47;" : "&#46;"
            continue
        }
        let isFirst = beginsBlock && result.isEmpty && "#+-=".contains(character)
        result += isFirst || "\\`*_[]<>|~$&".contains(character) ? "\\\(character)" : String(character)
    }
    return result
}
