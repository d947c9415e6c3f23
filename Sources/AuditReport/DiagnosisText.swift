import AuditCore

/// The text of `dioaudit doctor`: a line per finding, below it what would allow more, and one summary line last.
public func diagnosisText(_ diagnosis: Diagnosis, _ style: Style) -> String {
    let width = diagnosis.findings.map(\.name.count).max() ?? 0
    var lines: [String] = []
    for finding in diagnosis.findings {
        lines.append(
            "\(style.state(finding.state, padded: 7))  \(pad(finding.name, to: width))  \(finding.found)"
                + " [\(finding.usedFor)]")
        lines += finding.remedies.enumerated().map {
            "         \($0.offset == 0 ? "to allow more:" : "           or:") \($0.element)"
        }
    }
    return (lines + ["", summary(diagnosis)]).joined(separator: "\n") + "\n"
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
