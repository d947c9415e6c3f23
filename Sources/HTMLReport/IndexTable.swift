import AuditCore
import AuditReport

extension Report {
    /// A row for each audit, the worst verdicts first, with a link to its section.
    func indexTable(_ number: Int) -> Markup {
        let isKernelWatched = audits.contains { KernelFigures($0).worstRisk != nil }
        let kernel: [MarkupTable.Column] =
            isKernelWatched ? KernelFigures.titles.dropLast().map { .number($0) } + [.text("risk")] : []
        var table = MarkupTable(
            "Audits",
            [.text("audit"), .text("verdict"), .number("violations"), .number("places"), .number("transfers")]
                + [.number("settled after")] + kernel + [.number("locked")])
        for verdict in [Verdict.fail, .inconclusive, .pass] {
            for (index, audit) in audits.enumerated() where audit.verdict == verdict {
                let link: Markup = "<a href=\"#\(auditID(number, index))\">\(audit.name)</a>"
                let figures = audit.indexFigures + (isKernelWatched ? KernelFigures(audit).texts : [])
                let locked = audit.hasSteadyPhase ? Figures.bytes(audit.lock.lockedBytes) : "–"
                table.add([link, verdict.badge] + (figures + [locked]).map { "\($0)" })
            }
        }
        guard !table.isEmpty else { return "<p>No audit took place.</p>\n" }
        let legend: Markup = isKernelWatched ? "<p class=\"note\">kernel: per transfer; \(riskLegend)</p>\n" : ""
        return table.markup + legend
    }
}

extension Audit {
    /// Without a witness, zeros would look like a finding.
    fileprivate var indexFigures: [String] {
        let isCounted = areCallsSeen && hasSteadyPhase
        return [
            isCounted || !violations.isEmpty ? "\(violations.reduce(0) { $0 &+ $1.calls })" : "–",
            isCounted || !violations.isEmpty ? "\(places.count)" : "–",
            hasSteadyPhase ? "\(phases[.steady].transfers)" : "–",
            isCounted ? settledAfter.map { "\($0)" } ?? "never" : "–",
        ]
    }
}
