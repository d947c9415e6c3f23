import AuditCore

/// A test point for each audit (TAP 14). What is no pass is `not ok`, with a diagnostic in YAML.
public func tap(_ report: Report, _ style: Style) -> String {
    let audits = report.namedAudits
    var lines = ["TAP version 14"]
    lines += report.facts.map { "# \($0): \($1)" }
    // A plan of no tests would be taken for one that passes.
    lines.append("1..\(max(audits.count, 1))")
    if audits.isEmpty { lines.append("not ok 1 - \(nothingAudited)") }
    for (index, (name, audit)) in audits.enumerated() {
        let ok = audit.verdict == .pass ? "ok" : "not ok"
        lines.append("\(ok) \(index + 1) - \(described("\(name): \(audit.verdictAndOutcome)"))")
        lines += diagnostic(audit, style).map { "  \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
}

/// A `#` would begin a directive, by which a test that failed could be one to be skipped.
private func described(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("#", with: "\\#")
}

private func diagnostic(_ audit: Audit, _ style: Style) -> [String] {
    guard audit.verdict != .pass else { return [] }
    var lines = ["---", "verdict: \(audit.verdict.rawValue)", "reasons:"]
    lines += audit.reasons.map { "  - \(quoted($0))" }
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
