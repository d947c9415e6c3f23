import AuditCore

/// A test point for each audit (TAP 14). What is no pass is `not ok`, with a diagnostic in YAML.
public func tap(_ reports: [NamedReport], _ style: Style) -> String {
    let sections = reports.sections
    var lines = ["TAP version 14"]
    lines += sections.flatMap(\.facts).map { "# \($0): \($1)" }
    // A plan of no tests would be taken for one that passes: where there are no audits there is a gap.
    lines.append("1..\(sections.reduce(0) { $0 + $1.audits.count + $1.gaps.count })")
    var number = 0
    for section in sections {
        for (name, audit) in section.audits {
            number += 1
            let ok = audit.verdict == .pass ? "ok" : "not ok"
            lines.append("\(ok) \(number) - \(described("\(name): \(audit.verdictAndOutcome)"))")
            lines += diagnostic(audit, style).map { "  \($0)" }
        }
        for gap in section.gaps {
            number += 1
            lines.append("not ok \(number) - \(described("\(gap.name): \(gap.verdict.rawValue): \(gap.text)"))")
        }
    }
    return lines.joined(separator: "\n") + "\n"
}

/// A `#` would begin a directive, by which a test that failed could be one to be skipped.
private func described(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("#", with: "\\#")
}

private func diagnostic(_ audit: Audit, _ style: Style) -> [String] {
    guard audit.verdict != .pass || !audit.notes.isEmpty else { return [] }
    var lines = ["---", "verdict: \(audit.verdict.rawValue)"]
    func list(_ name: String, _ texts: [String]) {
        if !texts.isEmpty { lines += ["\(name):"] + texts.map { "  - \(quoted($0))" } }
    }
    list("reasons", audit.reasonsInWords)
    list("notes", audit.notes)
    let shown = audit.places.prefix(mostListed)
    if !shown.isEmpty { lines.append("places:") }
    for place in shown {
        lines.append("  - place: \(quoted(style.text(place, audit.violations)))")
        lines.append("    calls: \(place.calls)")
        lines.append("    bytes: \(place.bytes)")
        lines.append("    kinds: \(quoted(place.kindsInWords))")
    }
    if audit.places.count > shown.count { lines.append("more_places: \(audit.places.count - shown.count)") }
    return lines + ["..."]
}

private func quoted(_ text: String) -> String {
    "\"\(printable(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
}
