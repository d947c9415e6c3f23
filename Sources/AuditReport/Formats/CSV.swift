import AuditCore

/// A row for each phase of each audit (RFC 4180, the first row names the columns). A cell is empty where nothing counted. Of several
/// reports the first column names each.
public func csv(_ reports: [NamedReport]) -> String {
    let isOne = reports.count == 1
    var text = row((isOne ? [] : ["report"]) + columns.map(\.name))
    for (named, section) in zip(reports, reports.sections) {
        let first = isOne ? [] : [cell(section.name ?? "")]
        // By their own names: the report's is in a column of its own.
        let own = [named].sections[0]
        for (name, audit) in own.audits {
            // An audit without phases is there all the same, with its verdict.
            let phases = audit.knownPhases.isEmpty ? [nil] : audit.knownPhases.map(Optional.some)
            for phase in phases { text += row(first + columns.map { $0.value(section.report, name, audit, phase) }) }
        }
        for gap in own.gaps {
            let known = ["audit": cell(gap.name), "verdict": gap.verdict.rawValue]
            text += row(first + columns.map { known[$0.name] ?? "" })
        }
    }
    return text
}

private struct Column: Sendable {
    let name: String
    let value: @Sendable (Report, String, Audit, PhaseLedger?) -> String

    init(_ name: String, _ value: @escaping @Sendable (Report, String, Audit) -> String) {
        self.name = name
        self.value = { report, name, audit, _ in value(report, name, audit) }
    }

    init(_ name: String, ofPhase value: @escaping @Sendable (Audit, PhaseLedger) -> String?) {
        self.name = name
        self.value = { _, _, audit, phase in phase.flatMap { value(audit, $0) } ?? "" }
    }
}

private let columns: [Column] = ofAudit + ofPhase + ofKinds + ofKernel + ofWitnesses

private let ofAudit: [Column] = [
    Column("kernel") { report, _, _ in cell(report.machine.kernel) },
    Column("arch") { report, _, _ in cell(report.machine.arch) },
    Column("cpus") { report, _, _ in "\(report.machine.cpus)" },
    Column("fileSystem") { report, _, _ in cell(report.files?.fileSystem ?? "") },
    Column("audit") { _, name, _ in cell(name) },
    Column("verdict") { _, _, audit in audit.verdict.rawValue },
    Column("settledAfter") { _, _, audit in audit.settledAfter.map { "\($0)" } ?? "" },
]

private let ofPhase: [Column] = [
    Column("phase", ofPhase: { $1.name.rawValue }),
    Column("transfers", ofPhase: { "\($1.transfers)" }),
    Column("transferredBytes", ofPhase: { "\($1.transferredBytes)" }),
    Column("syncs", ofPhase: { "\($1.syncs)" }),
    Column("durationNanoseconds", ofPhase: { "\($1.durationNanoseconds)" }),
]

private let ofKinds: [Column] = EventKind.counted.flatMap { kind in
    let calls = Column(kind.rawValue, ofPhase: { audit, phase in audit.known(kind, in: phase).map { "\($0.calls)" } })
    let bytes = Column(
        kind.rawValue + "Bytes", ofPhase: { audit, phase in audit.known(kind, in: phase).map { "\($0.bytes)" } })
    return [.pageFault, .unexplained].contains(kind.family) ? [calls] : [calls, bytes]
}

private let ofKernel: [Column] = KernelAllocation.Kind.allCases.flatMap { kind in
    KernelAllocation.Risk.allCases.map { risk in
        Column(
            "\(kind.rawValue).\(risk.rawValue)",
            ofPhase: { audit, phase in
                audit.isKnown(.kernel, in: phase) ? "\(phase.kernelSum(kind, risk).calls)" : nil
            })
    }
}

private let ofWitnesses: [Column] = Witnesses.named.map { name, witness in
    Column("witness.\(name)") { _, _, audit in witness(audit.witnesses)?.status.rawValue ?? "" }
}

private func row(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

/// A name in quotes. Spreadsheets take what begins with one of these signs for a formula: an apostrophe before it makes it text.
private func cell(_ name: String) -> String {
    let text = printable(name)
    let isFormula = text.first.map { "=+-@".contains($0) } ?? false
    return text.isEmpty ? "" : "\"\(isFormula ? "'" : "")\(text.replacing("\"", with: "\"\""))\""
}
