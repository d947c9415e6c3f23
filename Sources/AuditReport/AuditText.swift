import AuditCore

/// The text of `dioaudit audit`: a table with a line per workload, what is wrong, and one summary line last.
public func auditText(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    var lines: [String] = []
    if !quiet {
        lines += report.headerLines
        lines += tableLines(report.audits, style)
        var body: [String] = []
        for audit in report.audits where audit.verdict != .pass {
            body += ["", style.strong(printable(audit.name)) + ": " + style.verdict(audit.verdict)]
            body += audit.reasons.map { "  - \(printable($0))" }
            body += audit.violations.flatMap { style.lines($0) }.map { "  \($0)" }
        }
        if verbose {
            body += report.audits.flatMap { ["", printable($0.name)] + ledgerLines($0, style, verbose: true) }
        }
        lines += (body + [""]).flatMap { wrapped($0) }
    }
    lines.append(summary(report, style))
    return lines.joined(separator: "\n") + "\n"
}

/// A figure of each audit; null where nobody counted.
private struct Column {
    let title: String
    let values: [String?]
    /// What a legend says where it is the same in all rows; null if it stays a column.
    var legend: ((String) -> String)?

    /// What all of them are.
    var same: String? {
        guard legend != nil, let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    var isKnown: Bool { values.contains { $0 != nil } }
}

private func tableLines(_ audits: [Audit], _ style: Style) -> [String] {
    // Zeros would look like a finding where nobody was counting.
    func column(_ title: String, legend: ((String) -> String)? = nil, _ value: (Audit) -> String?) -> Column {
        let values = audits.map { audit in
            audit.witnesses.interposer.status != .unavailable && audit.hasSteadyPhase ? value(audit) : nil
        }
        return Column(title: title, values: values, legend: legend)
    }
    let kernel = audits.map { KernelFigures($0.phases[.steady], $0.witnesses.kernel) }
    let isKernelWatched = kernel.contains { $0.worstRisk != nil }
    var warmup = column("faults warm-up", legend: { "faults \($0) (minor/major) in warm-up" }) {
        faults($0.phases[.warmup])
    }
    var steady = column("faults steady", legend: { "faults \($0) (minor/major) in steady" }) {
        faults($0.phases[.steady])
    }
    if let same = warmup.same, same == steady.same {
        warmup.legend = { "faults \($0) (minor/major) in warm-up and steady" }
        steady.legend = { _ in "" }
    }
    let columns =
        [
            column("transfers") { "\($0.phases[.steady].transfers)" },
            column("heap calls", legend: { "\($0) heap call" + ($0 == "1" ? "" : "s") }) {
                "\($0.phases[.steady].events.calls(of: .heap))"
            },
            column("mapping calls", legend: { "\($0) mapping call" + ($0 == "1" ? "" : "s") }) {
                "\($0.phases[.steady].events.calls(of: .mapping))"
            },
            warmup, steady,
            column("settled after", legend: { $0 == never ? "not settled" : "settled after \($0)" }) {
                $0.settledAfter.map { "\($0)" } ?? never
            },
        ]
        + (isKernelWatched
            ? KernelFigures.titles.indices.map { figure in
                Column(title: KernelFigures.titles[figure], values: kernel.map { $0.texts[figure] })
            } : [])
        + [column("locked") { Figures.bytes($0.lock.lockedBytes) }]

    let shown = columns.filter { $0.same == nil && $0.isKnown }
    var table = Table([.left("workload")] + shown.map { .right($0.title) } + [.left("verdict")])
    for (row, audit) in audits.enumerated() {
        table.add(
            [shortened(printable(audit.name), to: 40)] + shown.map { $0.values[row] ?? "-" } + [
                style.verdict(audit.verdict)
            ])
    }
    let same = columns.compactMap { column in column.same.map { column.legend!($0) } }.filter { !$0.isEmpty }
    return table.lines(heading: style.strong)
        + (same.isEmpty ? [] : wrapped("all: " + same.joined(separator: ", ")))
        + (shown.contains { $0.title.hasPrefix("faults") } ? ["(faults: minor/major)"] : [])
        + (isKernelWatched ? ["(kernel: per transfer; \(riskLegend))"] : [])
}

private let never = "never"

private func summary(_ report: Report, _ style: Style) -> String {
    let counts = [Verdict.pass, .fail, .inconclusive].map { verdict in
        "\(report.audits.lazy.filter { $0.verdict == verdict }.count) \(verdict.rawValue)"
    }
    return "dioaudit: \(style.verdict(report.verdict)): \(Figures.count(report.audits.count, "workload")): "
        + counts.joined(separator: ", ")
}
