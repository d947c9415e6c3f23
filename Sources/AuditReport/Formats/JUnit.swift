import AuditCore

/// A test suite with a test case for each audit, in JUnit's XML as Jenkins and GitLab read it. What is inconclusive is an error: a test
/// that was skipped would be taken for one that passes.
public func junit(_ report: Report, _ style: Style) -> String {
    let audits = report.namedAudits
    let failures = audits.count { $0.audit.verdict == .fail }
    // A suite without tests would be taken for one that passes.
    let errors = max(audits.count { $0.audit.verdict == .inconclusive }, audits.isEmpty ? 1 : 0)
    var xml = XML()
    xml.begin(
        "testsuites",
        ["name": suite, "tests": "\(max(audits.count, 1))", "failures": "\(failures)", "errors": "\(errors)"])
    xml.begin(
        "testsuite",
        [
            "name": suite, "tests": "\(max(audits.count, 1))", "failures": "\(failures)", "errors": "\(errors)",
            "skipped": "0", "time": seconds(audits.map(\.audit)),
        ])
    xml.begin("properties")
    for (name, value) in report.facts { xml.element("property", ["name": name, "value": value]) }
    xml.end()
    for (name, audit) in audits { testCase(name, audit, report.command, style, &xml) }
    if audits.isEmpty {
        xml.begin("testcase", ["classname": suite, "name": "audit", "time": "0"])
        xml.element("error", ["message": nothingAudited, "type": "inconclusive"], content: nothingAudited)
        xml.end()
    }
    xml.end()
    xml.end()
    return xml.text
}

private let suite = "dioaudit"

private func testCase(
    _ name: String, _ audit: Audit, _ command: Report.Command, _ style: Style, _ xml: inout XML
) {
    xml.begin("testcase", ["classname": suite, "name": name, "time": seconds([audit])])
    // As the command itself prints it.
    let body = command == .attach ? attachedLines : bodyLines
    let lines = verdictLines(audit, style) + body(audit, style, false)
    let text = lines.flatMap { wrapped($0) }.joined(separator: "\n")
    let message = audit.reasons.map(printable).joined(separator: "\n")
    switch audit.verdict {
    case .pass: xml.element("system-out", content: text)
    case .fail: xml.element("failure", ["message": message, "type": "violation"], content: text)
    case .inconclusive: xml.element("error", ["message": message, "type": "inconclusive"], content: text)
    }
    xml.end()
}

private func seconds(_ audits: [Audit]) -> String {
    let nanoseconds = audits.flatMap(\.phases.all).reduce(0.0) { $0 + Double($1.durationNanoseconds) }
    return Figures.decimal(nanoseconds / 1e9, places: 6)
}
