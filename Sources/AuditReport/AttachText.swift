import AuditCore

/// The text of `dioaudit attach`: the verdict and why, where it allocates, the worst stacks, what else was seen in the time
/// that it watched, and one summary line last.
public func attachText(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    var lines: [String] = []
    for audit in report.audits {
        if !quiet {
            let body = verdictLines(audit, style) + attachedLines(audit, style, verbose: verbose)
            lines += body.flatMap { wrapped($0) } + report.headerLines
        }
        lines += wrapped(summary(audit, style))
    }
    return lines.joined(separator: "\n") + "\n"
}

func attachedLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    let places = placeLines(audit, style, verbose: verbose)
    let stacks = places.isEmpty ? [] : stackLines(audit, style, verbose: verbose, attached: true) + [""]
    return (places.isEmpty ? [] : [""]) + places + stacks + seenLines(audit, style, verbose: verbose)
        + suppressionLines(audit.suppressions)
}

private func seenLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    let steady = audit.phases[.steady]
    var lines = [
        "  watched for \(Figures.duration(nanoseconds: steady.durationNanoseconds)): "
            + Figures.count(audit.subject.threads, "thread"),
        "  page faults: "
            + (steady.faultsKnown
                ? "\(faults(steady)) (minor/major)" : "unknown: the process ended before their count was read"),
    ]
    if audit.witnesses.transfers.status != .unavailable {
        let calls = audit.processes.compactMap(\.kernelTransfers?.names).first ?? ""
        lines.append(
            "  transfers on O_DIRECT files: \(steady.transfers)" + (calls.isEmpty ? "" : " (\(printable(calls)))"))
    }
    let heap = audit.witnesses.heap ?? .unavailable("no probes")
    lines.append("  mapping calls: \(countsSeen(of: .systemCall, in: steady, by: audit.witnesses.syscalls))")
    lines.append("  heap calls: \(countsSeen(of: .heap, in: steady, by: heap))")
    lines.append("  memory lock: \(Figures.bytes(audit.lock.lockedBytes)) locked (VmLck)")
    if audit.witnesses.kernel.status == .unavailable {
        lines.append("  kernel allocations: not watched: \(printable(audit.witnesses.kernel.reason ?? ""))")
    } else {
        lines += kernelLines(audit, style, verbose: verbose)
    }
    lines += unobservedLines(audit)
    if audit.scope != Scope.process.text { lines.append("  judged: \(printable(audit.scope))") }
    if verbose { lines += details(audit) }
    return lines
}

package func countsSeen(of family: EventKind.Family, in phase: PhaseLedger, by witness: Witness) -> String {
    if witness.status == .unavailable { return "not watched: \(printable(witness.reason ?? ""))" }
    let kinds = EventKind.allCases.filter { $0.family == family && phase.events[$0].calls > 0 }
    let seen = kinds.isEmpty ? "none seen" : kinds.map { countText($0, phase.events[$0]) }.joined(separator: ", ")
    return seen + (witness.method == .perfMappings ? " (of mmap and brk; others are not watched)" : "")
}

private func summary(_ audit: Audit, _ style: Style) -> String {
    let time = Figures.duration(nanoseconds: audit.phases[.steady].durationNanoseconds)
    let calls = audit.violations.reduce(0) { $0 + $1.calls }
    let outcome =
        audit.violations.isEmpty
        ? audit.verdict == .pass
            ? "\(Figures.count(audit.phases[.steady].transfers, "transfer")) without a violation in \(time)"
            : "no violation seen in \(time)"
        : "\(Figures.count(calls, "violation")) from \(Figures.count(audit.places.count, "place")) in \(time)"
    return "dioaudit: \(style.verdict(audit.verdict)): \(printable(audit.name)): \(outcome)"
}
