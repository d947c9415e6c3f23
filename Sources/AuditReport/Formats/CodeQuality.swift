import AuditCore

/// GitLab's Code Quality report (JSON): an issue for each place and kind, one for each audit that is inconclusive, and one of severity
/// `info` for each that passes.
public func codeQuality(_ report: Report, _ style: Style) -> some Encodable {
    Issues(report: report, style: style)
}

/// One after the other, since there may be many.
private struct Issues: Encodable {
    let report: Report
    let style: Style

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        if report.audits.isEmpty {
            let (print, nowhere) = (fingerprint([nothingAudited]), Issue.Location(nil, nil))
            try container.encode(Issue(nothingAudited, "inconclusive", "blocker", print, nowhere))
        }
        for (name, audit) in report.namedAudits {
            let groups = audit.groups
            for (group, fingerprint) in zip(groups, fingerprints(of: groups, in: audit)) {
                let location = Issue.Location(style.source(of: group), audit)
                let text = "\(group.function): \(group.text)"
                try container.encode(
                    Issue(text, group.kind.rawValue, "critical", fingerprint, location))
            }
            guard groups.isEmpty else { continue }
            let severity = audit.verdict == .pass ? "info" : audit.verdict == .fail ? "critical" : "blocker"
            let text = ["\(name): \(audit.verdictAndOutcome)"] + audit.reasons.dropFirst()
            try container.encode(
                Issue(
                    text.joined(separator: "; "), audit.verdict.rawValue, severity,
                    fingerprint([audit.name, audit.verdict.rawValue]), Issue.Location(nil, audit)))
        }
    }
}

private struct Issue: Encodable {
    struct Location: Encodable {
        struct Lines: Encodable {
            let begin: Int
        }

        let path: String
        let lines: Lines

        /// Both are required: without a line of code it is the program's first.
        init(_ source: SourceLine?, _ audit: Audit?) {
            path = source?.path ?? audit?.subject.command.first ?? "dioaudit"
            lines = Lines(begin: source?.line ?? 1)
        }
    }

    let description: String
    let checkName: String
    let severity: String
    let fingerprint: String
    let location: Location

    init(_ description: String, _ checkName: String, _ severity: String, _ fingerprint: String, _ location: Location) {
        self.description = description
        self.checkName = checkName
        self.severity = severity
        self.fingerprint = fingerprint
        self.location = location
    }

    private enum CodingKeys: String, CodingKey {
        case description, severity, fingerprint, location
        case checkName = "check_name"
    }
}
