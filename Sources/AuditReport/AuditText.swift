import AuditCore

/// The text of `dioaudit audit`: a table with a line per workload, what is wrong, and one summary line last.
public func auditText(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    var lines: [String] = []
    if !quiet {
        lines += table(report.audits, style)
        for audit in report.audits where audit.verdict != .pass {
            lines += ["", style.strong(audit.name) + ": " + style.verdict(audit.verdict)]
            lines += audit.reasons.map { "  - \($0)" }
            lines += audit.violations.flatMap { style.lines($0) }.map { "  \($0)" }
        }
        if verbose { lines += report.audits.flatMap { ["", $0.name] + ledgerLines($0, verbose: true) } }
        lines.append("")
    }
    lines.append(summary(report, style))
    return lines.joined(separator: "\n") + "\n"
}

private func table(_ audits: [Audit], _ style: Style) -> [String] {
    var table = Table([
        "workload", "transfers", "heap calls", "mapping calls", "faults warm-up", "faults steady", "settled after",
        "locked",
    ])
    for audit in audits {
        let steady = audit.phases[.steady]
        // Zeros would look like a finding where nobody was counting.
        guard audit.witnesses.interposer.status != .unavailable else {
            table.add([audit.name] + Array(repeating: "-", count: 7))
            continue
        }
        table.add([
            audit.name,
            "\(steady.transfers)",
            "\(steady.events.calls(of: .heap))",
            "\(steady.events.calls(of: .mapping))",
            faults(audit.phases[.warmup]),
            faults(steady),
            audit.settledAfter.map { "\($0)" } ?? "-",
            Figures.bytes(audit.lock.lockedBytes),
        ])
    }
    let lines = table.lines()
    let verdicts = audits.map { style.verdict($0.verdict) }
    return [style.strong(lines[0] + "  verdict")] + zip(lines.dropFirst(), verdicts).map { "\($0)  \($1)" }
        + ["(calls are the steady phase's; faults are minor/major)"]
}

private func summary(_ report: Report, _ style: Style) -> String {
    let counts = [Verdict.pass, .fail, .inconclusive].map { verdict in
        "\(report.audits.lazy.filter { $0.verdict == verdict }.count) \(verdict.rawValue)"
    }
    return "dioaudit: \(style.verdict(report.verdict)): \(Figures.count(report.audits.count, "workload")): "
        + counts.joined(separator: ", ")
}
