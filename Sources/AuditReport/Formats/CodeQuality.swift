import AuditCore

/// GitLab's Code Quality report (JSON): an issue for each place and kind, one for each audit that is inconclusive, and one of severity
/// `info` for each that passes.
public func codeQuality(_ reports: [NamedReport], _ style: Style) -> some Encodable {
    Issues(sections: reports.sections, style: style)
}

/// One after the other, since there may be many.
private struct Issues: Encodable {
    let sections: [Section]
    let style: Style

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for section in sections {
            for gap in section.gaps {
                let text = "\(gap.name): \(gap.verdict.rawValue): \(gap.text)"
                try container.encode(
                    Issue(text, gap.verdict.rawValue, "blocker", fingerprint([text]), Issue.Location(nil, nil)))
            }
            for (name, audit) in section.audits { try encode(name, audit, of: section.name, to: &container) }
        }
    }

    private func encode(
        _ name: String, _ audit: Audit, of report: String?, to container: inout any UnkeyedEncodingContainer
    ) throws {
        let groups = audit.groups
        // Two machines have the same places. Of two issues of one fingerprint GitLab shows one.
        for (group, fingerprint) in zip(groups, fingerprints(of: [groups], in: audit, report)) {
            let location = Issue.Location(style.source(of: group), audit)
            let text = (report.map { "\($0): " } ?? "") + "\(group.function): \(group.text)"
            try container.encode(
                Issue(text, group.kind.rawValue, "critical", fingerprint, location))
        }
        guard groups.isEmpty else { return }
        let severity = audit.verdict == .pass ? "info" : audit.verdict == .fail ? "critical" : "blocker"
        let text = ["\(name): \(audit.verdictAndOutcome)"] + audit.reasonsInWords.dropFirst() + audit.notes
        let parts = (report.map { [$0] } ?? []) + [audit.name, audit.verdict.rawValue]
        try container.encode(
            Issue(
                text.joined(separator: "; "), audit.verdict.rawValue, severity, fingerprint(parts),
                Issue.Location(nil, audit)))
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
