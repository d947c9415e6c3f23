import AuditCore

/// The text of `dioaudit run`: the verdict and why, where it allocates, the worst stacks, the ledger by phase, and one
/// summary line last.
public func runText(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    var lines: [String] = []
    for audit in report.audits {
        if !quiet && !audit.subject.exit.neverStarted {
            lines += (verdictLines(audit, style) + bodyLines(audit, style, verbose: verbose)).flatMap { wrapped($0) }
            lines += report.headerLines
        }
        lines += wrapped(summary(audit, style, quiet: quiet))
    }
    return lines.joined(separator: "\n") + "\n"
}

/// The verdict with the first of its reasons, and the others below it.
func verdictLines(_ audit: Audit, _ style: Style) -> [String] {
    let transfers = audit.phases[.steady].transfers
    let reasons = audit.reasonsInWords
    let first = reasons.first ?? "no violation in \(Figures.count(transfers, "steady transfer"))"
    let hasFailed = audit.failure != nil && audit.verdict == .inconclusive
    let verdict = hasFailed ? style.wrap("program failed", "1;31") : style.verdict(audit.verdict)
    return ["\(verdict): \(style.strong(printable(audit.name))): \(printable(first))"]
        + reasons.dropFirst().map { "  - \(printable($0))" }
        + adviceLines(audit).map { "  \($0)" } + audit.notes.map { printable("note: \($0)") }
}

func bodyLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    // Without a witness, a table of zeros would look like a finding.
    let counted = audit.witnesses.interposer.status != .unavailable || audit.phasesFoundBy == .kernel
    let places = placeLines(audit, style, verbose: verbose)
    var lines = places.isEmpty ? [] : [""] + places + stackLines(audit, style, verbose: verbose) + [""]
    if counted { lines += ledgerLines(audit, style, verbose: verbose) }
    lines += unobservedLines(audit)
    lines += hangLines(audit, style)
    if counted { lines += suppressionLines(audit.suppressions) }
    return lines + gateLines(audit, style, verbose: verbose)
}

/// The suppressed violations by entry, and the entries that matched nothing: the code has changed since.
package func suppressionLines(_ uses: [SuppressionUse]) -> [String] {
    uses.map { use -> String in
        let origin = printable("'\(use.name)' (\(use.file):\(use.line))")
        if use.isStale { return "note: suppression \(origin) matched nothing: stale" }
        let counts = EventKind.allCases.compactMap { kind -> String? in
            let calls = use.violations.lazy.filter { $0.kind == kind }.reduce(0) { $0 + $1.calls }
            return calls > 0 ? kind.text(calls) : nil
        }
        return "suppressed: \(counts.joined(separator: ", ")) by \(origin)"
    }
}

private func summary(_ audit: Audit, _ style: Style, quiet: Bool) -> String {
    if let failure = audit.failure, audit.verdict == .inconclusive {
        let failure = printable(failure)
        if audit.subject.exit.neverStarted { return "dioaudit: \(style.wrap(failure, "1;31"))" }
        return "dioaudit: \(style.wrap("program failed", "1;31")): \(printable(audit.name)): \(failure)"
    }
    let isSaid = audit.verdict == .inconclusive && !quiet
    let outcome = isSaid ? "not enough was observed for a pass" : audit.outcome
    let suppressed = audit.suppressions.reduce(0) { $0 + $1.calls }
    return "dioaudit: \(style.verdict(audit.verdict)): \(printable(audit.name)): \(outcome)"
        + (suppressed > 0 ? ", \(suppressed) suppressed" : "") + knownText(audit)
        + (audit.failure.map { "; \(printable($0))" } ?? "")
}

/// What a budget or the baseline allowed is said in the last line too.
package func knownText(_ audit: Audit) -> String {
    let known = knownPlaces(audit)
    let allowed = audit.budgets.reduce(0) { $0 + $1.calls }
    return (known > 0 ? ", \(Figures.count(known, "place")) known from the baseline" : "")
        + (allowed > 0 ? ", \(allowed) within budgets" : "")
}

func knownPlaces(_ audit: Audit) -> Int { Place.all(of: audit.known, in: audit.processes).count }
