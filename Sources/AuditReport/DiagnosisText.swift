import AuditCore

/// The text of `dioaudit doctor`: each finding, below it what would allow more, and one summary line last.
public func diagnosisText(_ diagnosis: Diagnosis, _ style: Style) -> String {
    // A directory's name may be of any length.
    let width = diagnosis.findings.map { $0.name.columns }.filter { $0 <= 24 }.max() ?? 0
    let lines = diagnosis.findings.flatMap { findingLines($0, style, nameWidth: width) }
    return (lines + ["", summary(diagnosis)]).joined(separator: "\n") + "\n"
}

private let stateWidth = 7

private func findingLines(_ finding: Finding, _ style: Style, nameWidth: Int) -> [String] {
    let name = shortened(printable(finding.name), to: pageWidth - stateWidth - 2)
    let beginning = "\(style.state(finding.state, padded: stateWidth))  \(pad(name, to: nameWidth))  "
    let indent = stateWidth + 2 + nameWidth + 2
    let found = printable(finding.found)
    let usedFor = "[" + printable(finding.usedFor) + "]"
    var lines: [String]
    if name.columns > nameWidth {
        lines = [beginning.withoutTrailingSpaces] + wrapped(spaces(indent) + found, indent: indent)
    } else {
        lines = wrapped(beginning + found, indent: indent)
    }
    let last = lines[lines.count - 1] + " " + usedFor
    if last.columns <= pageWidth {
        lines[lines.count - 1] = last
    } else {
        lines += wrapped(spaces(indent) + usedFor, indent: indent)
    }
    return lines + remedyLines(finding.remedies, indent: stateWidth + 2)
}

private func summary(_ diagnosis: Diagnosis) -> String {
    let counts = Finding.State.allCases.map { state in
        "\(diagnosis.findings.lazy.filter { $0.state == state }.count) \(state.rawValue)"
    }
    return "dioaudit: " + counts.joined(separator: ", ")
}

extension Style {
    fileprivate func state(_ state: Finding.State, padded width: Int) -> String {
        let code =
            switch state {
            case .ok: "32"
            case .limited: "33"
            case .missing: "1;31"
            }
        return wrap(pad(state.rawValue, to: width), code)
    }
}
