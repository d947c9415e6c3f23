import AuditCore

/// An annotation for each place, and one for each audit that has none (GitHub's workflow commands). GitHub shows ten errors of a step:
/// the worst places come first, and there is a line for what is left out.
public func github(_ reports: [NamedReport], _ style: Style) -> String {
    reports.sections.map { section in
        section.gaps.map { gap in
            annotation(
                .error, [("title", "dioaudit: " + shortened(gap.name, to: mostOfName))],
                "\(gap.verdict.rawValue): \(gap.text)")
        }.joined() + section.audits.map { annotations($0, $1, style) }.joined()
    }.joined()
}

private enum Level: String {
    case error, notice
}

private func annotations(_ name: String, _ audit: Audit, _ style: Style) -> String {
    let name = shortened(name, to: mostOfName)
    let title = { (what: String) in ("title", "dioaudit: \(what)") }
    switch audit.verdict {
    case .pass:
        return annotation(.notice, [title(name)], ([audit.verdictAndOutcome] + audit.notes).joined(separator: "\n"))
    case .inconclusive:
        return annotation(
            .error, [title(name)], "inconclusive: " + (audit.reasonsInWords + audit.notes).joined(separator: "\n"))
    case .fail: break
    }
    let groups = audit.groups
    var text = ""
    for group in groups.prefix(mostListed) {
        let source = style.source(of: group)
        let place = source.map { source in
            [("file", source.path)] + (source.line.map { [("line", "\($0)")] } ?? [])
        }
        let stack = group.violations[0].stack.prefix { !$0.isBelowMain }.prefix(mostListed).map { style.text($0) }
        text += annotation(
            .error, (place ?? []) + [title("\(name): \(group.kind.noun)")],
            ([shortened(printable(group.function), to: mostOfName) + ": " + group.text] + stack)
                .joined(separator: "\n"))
    }
    var rest = audit.otherReasons
    rest += audit.notes
    if groups.count > mostListed { rest.insert("and \(groups.count - mostListed) more places and kinds", at: 0) }
    if groups.isEmpty || !rest.isEmpty {
        text += annotation(
            .error, [title(name)],
            "fail: " + ([audit.outcome] + rest).joined(separator: "\n"))
    }
    return text
}

private func annotation(_ level: Level, _ properties: [(name: String, value: String)], _ message: String) -> String {
    let properties = properties.map { "\($0.name)=\(property($0.value))" }.joined(separator: ",")
    return "::\(level.rawValue) \(properties)::\(data(message))\n"
}

/// What would end the command. All else that a line could begin with is behind it.
private func data(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { shortened(printable(String($0)), to: mostOfLine).replacing("%", with: "%25") }
        .joined(separator: "%0A")
}

/// A property ends at a comma, and all of them at a colon.
private func property(_ text: String) -> String {
    printable(text).replacing("%", with: "%25").replacing(":", with: "%3A").replacing(",", with: "%2C")
}

private let mostOfName = 200
/// GitHub cuts a message at 64 KiB.
private let mostOfLine = 1000
