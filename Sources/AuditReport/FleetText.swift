import AuditCore

/// A stored report, and the name by which texts refer to it: its path.
public struct NamedReport: Sendable {
    public let name: String
    public let report: Report

    public init(name: String, report: Report) {
        self.name = name
        self.report = report
    }
}

/// The text of several reports, of many machines: what each was made on, a table of audits by reports, the first reason of each audit
/// that is no pass, and one summary line last.
public func fleetText(_ reports: [NamedReport], _ style: Style, quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
        lines += machineLines(reports) + [""] + verdictTable(reports, style) + [""]
        lines += reports.enumerated().flatMap { number, named in
            named.report.audits.filter { $0.verdict != .pass || $0.failure != nil }.flatMap { audit in
                wrapped(
                    "\(style.verdict(audit.verdict)): \(printable(audit.name)) in \(number + 1): "
                        + printable(audit.reasons.first ?? audit.failure ?? ""))
            }
                + named.report.lostAudits.flatMap {
                    wrapped("\(style.verdict(.fail)): \(printable($0)) in \(number + 1): lost: its baseline has it")
                }
        }
    }
    let verdict = Verdict.overall(reports.map(\.report.verdict))
    let counts = [Verdict.pass, .fail, .inconclusive].map { verdict in
        "\(reports.count { $0.report.verdict == verdict }) \(verdict.rawValue)"
    }
    lines.append(
        "dioaudit: \(style.verdict(verdict)): \(Figures.count(reports.count, "report")): "
            + counts.joined(separator: ", "))
    return lines.joined(separator: "\n") + "\n"
}

private func machineLines(_ reports: [NamedReport]) -> [String] {
    var table = Table([
        .right(""), .left("report"), .left("kernel"), .left("machine"), .left("file system"),
    ])
    for (number, named) in reports.enumerated() {
        let machine = named.report.machine
        table.add([
            "\(number + 1)", shortened(printable(named.name), to: 40), shortened(printable(machine.kernel), to: 24),
            "\(shortened(printable(machine.arch), to: 12)), \(Figures.count(machine.cpus, "CPU"))",
            shortened(printable(named.report.files?.fileSystem ?? "-"), to: 16),
        ])
    }
    return table.lines()
}

/// The audits of one name, one row; a dash where a report has none of that name.
private func verdictTable(_ reports: [NamedReport], _ style: Style) -> [String] {
    var rows: [(name: String, verdicts: [Int: Verdict])] = []
    var indices: [String: Int] = [:]
    for (number, named) in reports.enumerated() {
        for audit in named.report.audits {
            let row = indices[audit.name] ?? rows.count
            if row == rows.count {
                indices[audit.name] = row
                rows.append((audit.name, [:]))
            }
            // Of several with one name the worst.
            rows[row].verdicts[number] = Verdict.overall([rows[row].verdicts[number], audit.verdict].compactMap { $0 })
        }
    }
    var table = Table([.left("audit")] + reports.indices.map { .left("\($0 + 1)") })
    for row in rows {
        table.add(
            [shortened(printable(row.name), to: 40)]
                + reports.indices.map { row.verdicts[$0].map { style.verdict($0) } ?? "-" })
    }
    return table.lines(heading: style.strong)
}
