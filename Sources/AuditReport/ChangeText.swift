import AuditCore

/// Two stored reports, and what became of each audit of the earlier one.
public struct ComparedReports {
    fileprivate let before: NamedReport
    fileprivate let now: NamedReport
    fileprivate let audits: [(audit: String, changes: [Change])]

    public init(_ before: NamedReport, _ now: NamedReport) {
        self.before = before
        self.now = now
        audits = compare(
            before.report.audits, now.report.audits, lost: before.report.lostAudits + now.report.lostAudits)
    }

    /// What a baseline accepts is no failure; blindness, a failed program and what is worse it does not accept.
    public var status: ExitStatus {
        let isWorse = audits.contains { $0.changes.areWorse }
        let known = Set(before.report.audits.map(\.name))
        let current = now.report.audits
        let statuses = current.flatMap { known.contains($0.name) ? $0.comparedStatuses : $0.statuses }
        return ExitStatus.first(of: statuses + (isWorse ? [.fail] : []) + (current.isEmpty ? [.inconclusive] : []))
    }
}

/// The text of `dioaudit compare`: what became of each audit, like a diff, the worst first, and one summary line last.
public func compareText(_ compared: ComparedReports, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    let (before, now) = (compared.before, compared.now)
    var lines: [String] = []
    if !quiet {
        for (audit, changes) in compared.audits.filter({ !$0.changes.isEmpty }) {
            let isWorse = changes.areWorse
            lines.append("\(style.strong(printable(audit))): \(isWorse ? style.wrap("worse", "1;31") : "no worse")")
            lines += changeLines(changes, style, verbose: verbose)
        }
        lines += now.report.audits.filter { $0.verdict == .inconclusive || $0.failure != nil }.flatMap { audit in
            wrapped(
                "\(style.verdict(audit.verdict)): \(printable(audit.name)): \(printable(audit.reasons.first ?? ""))")
        }
    }
    let all = compared.audits.flatMap(\.changes)
    let (worse, better) = (all.count { $0.kind.isWorse }, all.count { !$0.kind.isWorse })
    let verdict: Verdict =
        switch compared.status {
        case .pass: .pass
        case .fail: .fail
        default: .inconclusive
        }
    lines.append(
        "dioaudit: \(style.verdict(verdict)): \(printable(now.name)) against \(printable(before.name)): "
            + (all.isEmpty ? "no change" : "\(worse) worse, \(better) better or new"))
    return lines.joined(separator: "\n") + "\n"
}

/// As many as fit a screen.
private let mostChanges = 20

/// Each change with what it was and what it is.
func changeLines(_ changes: [Change], _ style: Style, verbose: Bool) -> [String] {
    let shown = verbose ? changes[...] : changes.prefix(mostChanges)
    let rest = changes.count - shown.count
    return shown.flatMap { change -> [String] in
        let title = "  \(change.kind.title)\(subject(of: change))"
        return wrapped(title)
            + [change.before.map { "    - \(text($0, change))" }, change.now.map { "    + \(text($0, change))" }]
            .compactMap { $0 }.map { change.kind.isWorse ? style.wrap($0, "31") : style.wrap($0, "32") }
    } + (rest > 0 ? ["  and \(Figures.count(rest, "more change")) (--verbose lists them)"] : [])
}

private func subject(of change: Change) -> String {
    if let name = change.name { return ": \(printable(name))" }
    guard let place = change.place else { return change.kind == .newPlace ? ": calls without a known stack" : "" }
    let functions = place.functions.prefix(3).map { shortened(printable(shortFunction($0)), to: 40) }
    let path = functions.joined(separator: " < ") + (place.functions.count > 3 ? " < …" : "")
    if path.isEmpty && place.module == nil { return ": \(place.group.rawValue) without a stack" }
    let module = place.module.map { "(\(shortened(printable($0), to: 40)))" }
    return ": "
        + ([place.group.rawValue, "in"] + (path.isEmpty ? [] : [path]) + [module].compactMap { $0 })
        .joined(separator: " ")
}

private func text(_ figure: Change.Figure, _ change: Change) -> String {
    guard change.kind != .laterSettling, change.kind != .earlierSettling else {
        return "settled after transfer \(figure.count)"
    }
    return Figures.count(figure.count, "call")
        + (figure.perTransfer.map { ", \(Figures.rate($0)) per transfer" } ?? "")
}

extension Change.Kind {
    fileprivate var title: String {
        switch self {
        case .lostAudit: "lost audit"
        case .lostWitness: "lost witness"
        case .lostCoverage: "lost coverage"
        case .newPlace: "new place"
        case .moreCalls: "more calls"
        case .laterSettling: "settled later, or never"
        case .newAudit: "new audit"
        case .gainedWitness: "new witness"
        case .gonePlace: "gone"
        case .fewerCalls: "fewer calls"
        case .earlierSettling: "settled earlier"
        }
    }
}

/// What the budgets and the baseline of an audit say.
package func gateLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    var lines = audit.budgets.map { use -> String in
        let name = "--budget \(printable(use.budget))"
        switch use.status {
        case .kept where use.isStale: return "note: \(name): nothing used it: stale"
        case .kept: return "\(name): \(number(use.used ?? 0)) used"
        case .exceeded: return "\(name): \(style.wrap("exceeded: \(number(use.used ?? 0))", "1;31"))"
        case .unknown: return "\(name): not known: \(printable(use.reason ?? ""))"
        }
    }
    if let baseline = audit.baseline {
        let state = baseline.changes.areWorse ? style.wrap("worse", "1;31") : "no worse"
        lines.append(
            "against the baseline \(printable(baseline.file)): \(state)"
                + (baseline.known.isEmpty
                    ? ""
                    : ", \(Figures.count(knownPlaces(audit), "place")) known from "
                        + "it with \(Figures.count(baseline.calls, "call"))"))
        lines += changeLines(baseline.changes, style, verbose: verbose)
    }
    return lines
}

private func number(_ value: Double) -> String {
    value >= 0x1p60 ? "never" : value == value.rounded() ? "\(UInt64(value))" : Figures.rate(value)
}
