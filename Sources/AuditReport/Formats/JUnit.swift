import AuditCore

/// A test suite with a test case for each audit, in JUnit's XML as Jenkins and GitLab read it. What is inconclusive is an error: a test
/// that was skipped would be taken for one that passes.
///
/// Of several reports each is a suite.
public func junit(_ reports: [NamedReport], _ style: Style) -> String {
    let sections = reports.sections
    func sum(_ count: (Section) -> Int) -> String { "\(sections.reduce(0) { $0 + count($1) })" }
    var xml = XML()
    xml.begin(
        "testsuites",
        [
            "name": suite, "tests": sum { $0.audits.count + $0.gaps.count }, "failures": sum { $0.count(.fail) },
            "errors": sum { $0.count(.inconclusive) },
        ])
    for section in sections { testSuite(section, style, &xml) }
    xml.end()
    return xml.text
}

private func testSuite(_ section: Section, _ style: Style, _ xml: inout XML) {
    xml.begin(
        "testsuite",
        [
            "name": section.name.map { "\(suite): \($0)" } ?? suite,
            "tests": "\(section.audits.count + section.gaps.count)", "failures": "\(section.count(.fail))",
            "errors": "\(section.count(.inconclusive))", "skipped": "0", "time": seconds(section.audits.map(\.audit)),
        ])
    xml.begin("properties")
    for (name, value) in section.facts { xml.element("property", ["name": name, "value": value]) }
    xml.end()
    for (name, audit) in section.audits { testCase(name, audit, section.report.command, style, &xml) }
    for gap in section.gaps {
        xml.begin("testcase", ["classname": suite, "name": gap.name, "time": "0"])
        xml.element(
            gap.verdict == .fail ? "failure" : "error", ["message": gap.text, "type": gap.verdict.rawValue],
            content: gap.text)
        xml.end()
    }
    xml.end()
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
    let message = audit.reasonsInWords.map(printable).joined(separator: "\n")
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
