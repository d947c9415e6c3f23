import AuditCore

/// The text of `dioaudit audit`: a table with a line per workload, what is wrong, and one summary line last.
public func auditText(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    var lines: [String] = []
    if !quiet {
        lines += report.headerLines
        lines += tableLines(report.audits, style)
        var body: [String] = []
        for group in groupedByReasons(report.audits.filter { $0.verdict != .pass }) {
            body += ["", style.strong(printable(names(group))) + ": " + style.verdict(group[0].verdict)]
            body += reasons(group).map { "  - \(printable($0))" }
            for audit in group {
                body += placeLines(audit, style, verbose: verbose)
                body += stackLines(audit, style, verbose: verbose).map { "  \($0)".withoutTrailingSpaces }
                body += gateLines(audit, style, verbose: verbose).map { "  \($0)" }
            }
        }
        for audit in report.audits where audit.verdict == .pass {
            let gate = gateLines(audit, style, verbose: verbose)
            if !gate.isEmpty {
                body += ["", style.strong(printable(audit.name)) + knownText(audit)] + gate.map { "  \($0)" }
            }
        }
        body += noteLines(report.audits)
        body += report.lostAudits.map { "lost: the baseline has an audit '\(printable($0))', and this run has none" }
        if verbose {
            body += report.audits.flatMap { ["", printable($0.name)] + ledgerLines($0, style, verbose: true) }
        }
        lines += (body + [""]).flatMap { wrapped($0) }
    }
    lines.append(summary(report, style))
    return lines.joined(separator: "\n") + "\n"
}

/// A note that many audits have is said once.
private func noteLines(_ audits: [Audit]) -> [String] {
    var names: [String: [String]] = [:]
    for audit in audits { for note in audit.notes.unique { names[note, default: []].append(audit.name) } }
    let notes = audits.flatMap(\.notes).unique
    return (notes.isEmpty ? [] : [""])
        + notes.map { note in
            let having = names[note]!
            let whose =
                having.count == audits.count && audits.count > 1
                ? "all"
                : having.count > 3 ? "\(having[0]) and \(having.count - 1) others" : having.joined(separator: ", ")
            return printable("note: \(whose): \(note)")
        }
}

/// What keeps many workloads from passing is said once.
private func groupedByReasons(_ audits: [Audit]) -> [[Audit]] {
    var groups: [[Audit]] = []
    for audit in audits {
        let place = groups.firstIndex { group in
            group[0].violations.isEmpty && audit.violations.isEmpty && group[0].verdict == audit.verdict
                && (group[0].lock.shortage != nil && audit.lock.shortage != nil || group[0].reasons == audit.reasons)
        }
        if let place { groups[place].append(audit) } else { groups.append([audit]) }
    }
    return groups
}

private func names(_ group: [Audit]) -> String {
    group.count > 3
        ? "\(group[0].name) and \(group.count - 1) others" : group.map(\.name).joined(separator: ", ")
}

/// That too little may be locked is why the rest happened. Who raises the limit for the largest does so for all.
private func reasons(_ group: [Audit]) -> [String] {
    let largest = group.compactMap(\.lock.shortage).max { $0.neededBytes < $1.neededBytes }
    guard let largest, group[0].violations.isEmpty else { return group[0].reasonsInWords }
    return [
        "memory could not be locked: \(group.count == 1 ? "it" : "the largest of these \(group.count)") "
            + largest.advice(rounded: true)  // with what would have come later, such as io_uring's rings
    ]
}

/// A figure of each audit; null where it was not counted.
private struct Column {
    let title: String
    let values: [String?]
    /// What the line below the table says of it where it is the same in all rows; null if it is a column all the same.
    var said: ((String) -> String)?
    /// Those of a higher one are left out first where the table would be too wide; null: never.
    var rank: Int?

    /// What all of them are that are known.
    var same: String? {
        let known = values.compactMap(\.self)
        guard said != nil, let first = known.first, known.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    var isKnown: Bool { values.contains { $0 != nil } }

    var width: Int { values.reduce(title.columns) { max($0, ($1 ?? "-").columns) } }
}

extension [Column] {
    /// Without those for which there is no room beside columns of these widths.
    fileprivate func fitting(beside widths: [Int]) -> [Column] {
        var kept = self
        while (widths + kept.map(\.width)).reduce(0, { $0 + $1 + Table.gap }) - Table.gap > pageWidth {
            guard let last = kept.compactMap(\.rank).max() else { break }
            kept.removeAll { $0.rank == last }
        }
        return kept
    }
}

private func tableLines(_ audits: [Audit], _ style: Style) -> [String] {
    let isKernelWatched = audits.contains { KernelFigures($0).worstRisk != nil }
    let (names, verdicts) = (
        audits.map { shortened(printable($0.name), to: 40) }, audits.map { style.verdict($0.verdict) }
    )
    let columns =
        callColumns(audits) + (isKernelWatched ? kernelColumns(audits) : [])
        + [column("locked", audits, { Figures.bytes($0.lock.lockedBytes) }, rank: 4)]
    let different = columns.filter { $0.same == nil && $0.isKnown }
    let widths = [names, verdicts].map { $0.reduce(8) { max($0, $1.columns) } }
    let shown = different.fitting(beside: widths)
    let leftOut = different.map(\.title).filter { title in !shown.contains { $0.title == title } }
    var table = Table([.left(noun(audits))] + shown.map { .right($0.title) } + [.left("verdict")])
    for row in audits.indices { table.add([names[row]] + shown.map { $0.values[row] ?? "-" } + [verdicts[row]]) }
    let isWhole = audits.allSatisfy(\.hasSteadyPhase)
    let same = columns.compactMap { column in column.same.flatMap { column.said?($0) } }.filter { !$0.isEmpty }
    return table.lines(heading: style.strong)
        + (same.isEmpty ? [] : wrapped((isWhole ? "all: " : "all that were seen: ") + same.joined(separator: ", ")))
        + (leftOut.isEmpty ? [] : wrapped("(no room for: \(leftOut.joined(separator: ", ")); --verbose has them)"))
        + (shown.contains { $0.title.hasPrefix("faults") } ? ["(faults: minor/major)"] : [])
        + (shown.contains { $0.title == "risk" } ? ["(kernel: per transfer; \(riskLegend))"] : [])
        + audits.flatMap { audit in audit.spread.map { wrapped("\(printable(audit.name)): \($0.text)") } ?? [] }
}

private func callColumns(_ audits: [Audit]) -> [Column] {
    let calls = { (family: EventKind.Family) in { (audit: Audit) in audit.phases[.steady].events.calls(of: family) } }
    let mapping = calls(.mapping)
    var warmup = column("faults warm-up", audits, { faults($0.phases[.warmup]) }, rank: 3)
    var steady = column("faults steady", audits, { faults($0.phases[.steady]) }, rank: 1)
    warmup.said = { "faults \($0) (minor/major) in warm-up" }
    steady.said = { "faults \($0) (minor/major) in steady" }
    if warmup.same == steady.same {
        warmup.said = { "faults \($0) (minor/major) in warm-up and steady" }
        steady.said = { _ in "" }
    }
    return [
        column("transfers", audits, { "\($0.phases[.steady].transfers)" }),
        column(
            "heap calls", audits, { "\($0.phases[.steady].events.heapCalls)" },
            said: { "\($0) heap call" + ($0 == "1" ? "" : "s") }),
        column(
            "mapping calls", audits, { "\(mapping($0))" }, said: { "\($0) mapping call" + ($0 == "1" ? "" : "s") },
            rank: 2),
        warmup, steady,
        column(
            "settled after", audits, { $0.settledAfter.map { "\($0)" } ?? never },
            said: { $0 == never ? "not settled" : "settled after \($0)" }, rank: 0),
    ]
}

private func kernelColumns(_ audits: [Audit]) -> [Column] {
    KernelFigures.titles.enumerated().map { figure, title in
        // How often goes before how badly.
        Column(
            title: title, values: audits.map { KernelFigures($0).texts[figure] },
            rank: figure == KernelFigures.titles.count - 1 ? nil : 5)
    }
}

/// Without a witness, zeros would look like a finding.
private func column(
    _ title: String, _ audits: [Audit], _ value: (Audit) -> String, said: ((String) -> String)? = nil, rank: Int? = nil
) -> Column {
    let values = audits.map { audit in
        audit.witnesses.interposer.status != .unavailable && audit.hasSteadyPhase ? value(audit) : nil
    }
    return Column(title: title, values: values, said: said, rank: rank)
}

/// What the rows are. Only the driver's own command lines begin so.
private func noun(_ audits: [Audit]) -> String {
    audits.allSatisfy { $0.subject.command.dropFirst().first == "--file" } ? "workload" : "audit"
}

extension Spread {
    fileprivate var text: String {
        let counts = [(passed, "pass"), (failed, "fail"), (inconclusive, "inconclusive")].filter { $0.0 > 0 }
        let settled =
            neverSettled == runs
            ? "not settled"
            : "settled after \(settledAfter.text)"
                + (neverSettled > 0 ? ", or not in \(neverSettled)" : "")
        return "the worst of \(runs) runs: " + counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            + "; \(transfers.text) steady transfers, violations \(violations.text), \(settled)"
    }
}

private let never = "never"

private func summary(_ report: Report, _ style: Style) -> String {
    let counts = [Verdict.pass, .fail, .inconclusive].map { verdict in
        "\(report.audits.lazy.filter { $0.verdict == verdict }.count) \(verdict.rawValue)"
    }
    return "dioaudit: \(style.verdict(report.verdict)): \(Figures.count(report.audits.count, noun(report.audits))): "
        + counts.joined(separator: ", ")
        + (report.lostAudits.isEmpty ? "" : ", \(report.lostAudits.count) of the baseline lost")
}
