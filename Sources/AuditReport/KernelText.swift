import AuditCore

/// What the kernel allocated in the steady phase, by call site; without `verbose` only what happens at every twentieth
/// transfer or more often, or in a phase without any. Nothing where it was not watched: the header says why.
func kernelLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    guard audit.witnesses.kernel.status != .unavailable else { return [] }
    let steady = audit.phases[.steady]
    let often = steady.kernel.filter { verbose || $0.perTransfer ?? .infinity >= 0.05 }
    let shown = verbose ? often : Array(often.prefix(mostRows))
    let rest = steady.kernel.dropFirst(shown.count).reduce(0) { $0 + $1.calls }
    guard !steady.kernel.isEmpty else {
        // What was not seen in full may have been more than nothing.
        let isWhole = audit.witnesses.kernel.status == .active
        return ["  the kernel \(isWhole ? "allocated" : "was seen to allocate") nothing in the steady phase"]
    }
    var lines: [String] = []
    if !shown.isEmpty {
        lines += kernelTable(shown).lines(indent: 2)
        lines.append("  (\(riskLegend))")
    }
    if rest > 0 {
        lines.append(
            "  the kernel allocated \(Figures.count(rest, "more time")) in the steady phase (--verbose lists them)")
    }
    if let advice = flusherAdvice(audit) { lines.append("  " + advice) }
    if verbose { lines += steady.kernel.flatMap { chainLines($0, style) } }
    return lines
}

/// More would not fit a screen.
private let mostRows = 4

/// The same in one line: for each transfer, and the worst risk.
func kernelSummary(_ audit: Audit) -> [String] {
    let figures = KernelFigures(audit)
    guard figures.worstRisk != nil else { return [] }
    let texts = zip(figures.texts, KernelFigures.titles).prefix(3).map { "\($0) \($1)" }.joined(separator: ", ")
    return ["  kernel, per transfer: \(texts); risk \(figures.texts[3]) (--verbose: where)"]
}

private func kernelTable(_ allocations: [KernelAllocation]) -> Table {
    let perTransfer = allocations.contains { $0.perTransfer != nil }
    var table = Table(
        [
            .left("the kernel allocates by", breaksAfter: "_"), .left("cache", breaksAfter: "_"),
            .left("flags", breaksAfter: "|"), .right("calls"),
        ] + (perTransfer ? [.right("per transfer")] : []) + [.left("risk")])
    for allocation in allocations {
        table.add(
            [
                siteText(allocation), allocation.cache.map(printable) ?? "-", printable(allocation.gfp),
                "\(allocation.calls)",
            ]
                + (perTransfer ? [allocation.perTransfer.map(Figures.hundredths) ?? "-"] : []) + [allocation.riskText])
    }
    return table
}

package func siteText(_ allocation: KernelAllocation) -> String {
    "\(allocation.kind.word) in \(printable(allocation.site))" + (allocation.module.map { " [\(printable($0))]" } ?? "")
}

/// prctl(2): needs CAP_SYS_RESOURCE and Linux 5.6.
package func flusherAdvice(_ audit: Audit) -> String? {
    let waits = audit.phases[.steady].kernel.contains { $0.risk == .mayWaitForWriteback }
    if audit.lock.ioFlusher { return "io flusher: yes: GFP_KERNEL reclaims without waiting for writeback" }
    return waits ? "io flusher: no: with prctl(PR_SET_IO_FLUSHER, 1) none of these would wait for writeback" : nil
}

private func chainLines(_ allocation: KernelAllocation, _ style: Style) -> [String] {
    guard let stack = allocation.stack else { return [] }
    return ["  \(siteText(allocation)), \(Figures.count(allocation.calls, "call")):"]
        + stack.enumerated().map { "    #\($0.offset) \(style.text($0.element))" }
        + (allocation.truncated ? ["    … the stack continues"] : [])
}
