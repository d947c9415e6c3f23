import AuditCore

/// The text of `dioaudit run`: the ledger by phase, each violation with its stack, and one summary line last.
public func runText(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    var lines: [String] = []
    for audit in report.audits {
        if !quiet {
            // A table of zeros would look like a finding where nobody was counting.
            let counted = audit.witnesses.interposer.status != .unavailable
            if counted { lines += ledgerLines(audit, verbose: verbose) }
            lines += audit.violations.flatMap { [""] + style.lines($0) }
            if !audit.violations.isEmpty { lines.append("") }
            lines += audit.reasons.map { "  - \($0)" }
        }
        lines.append(summary(audit, style, quiet: quiet))
    }
    return lines.joined(separator: "\n") + "\n"
}

private func summary(_ audit: Audit, _ style: Style, quiet: Bool) -> String {
    let transfers = Figures.count(audit.phases[.steady].transfers, "steady transfer")
    let calls = audit.violations.reduce(0) { $0 + $1.calls }
    let outcome =
        switch audit.verdict {
        case .pass: "\(transfers) without a violation"
        case .fail:
            "\(Figures.count(calls, "violation")) from \(Figures.count(audit.violations.count, "place")) in \(transfers)"
        case .inconclusive: quiet ? audit.reasons[0] : "not enough was observed for a pass"
        }
    return "dioaudit: \(style.verdict(audit.verdict)): \(audit.name): \(outcome)"
}
