import AuditCore
import AuditReport

extension Audit {
    /// What the kernel allocated in the steady phase, by risk, the worst first.
    var kernelTable: Markup? {
        guard hasSteadyPhase, witnesses.kernel.status != .unavailable else { return nil }
        let rows = phases[.steady].kernel
        guard !rows.isEmpty else {
            // What was not seen in full may have been more than nothing.
            let what = witnesses.kernel.status == .active ? "allocated" : "was seen to allocate"
            return "<p>The kernel \(what) nothing in the steady phase.</p>\n"
        }
        var table = MarkupTable(
            "The kernel's allocations in the steady phase",
            [.text("the kernel allocates by"), .text("cache"), .text("flags")]
                + [.number("calls"), .number("per transfer"), .number("bytes")])
        for risk in KernelAllocation.Risk.allCases.reversed() {
            add(rows.filter { $0.risk == risk }, of: risk, to: &table)
        }
        let advice = flusherAdvice(self).map { "<p>\($0)</p>\n" } as Markup?
        let interrupts = phases[.steady].inInterrupts
        let others = KernelAllocation.Kind.allCases.reduce(0) { $0 &+ interrupts[$1] }
        let aside = when(
            others > 0,
            "<p class=\"note\">Not among these: \(Figures.count(others, "allocation")) in interrupts of its threads.</p>\n"
        )
        let bound = when(
            witnesses.kernel.status == .partial,
            "<p>The kernel was watched in part only: of each there may have been more.</p>\n")
        return "\(bound)\(table.markup)\(advice)\(aside)"
    }

    private func add(_ rows: [KernelAllocation], of risk: KernelAllocation.Risk, to table: inout MarkupTable) {
        guard !rows.isEmpty else { return }
        table.addGroup(risk.words)
        for row in rows.prefix(mostRows) {
            let reserve = when(row.mempool, "<small>, with a reserve</small>")
            table.add(
                [
                    "\(siteText(row))\(reserve)", "\(row.cache ?? "–")", "\(row.gfp)", "\(row.calls)",
                    "\(row.perTransfer.map(Figures.rate) ?? "–")", "\(row.bytes)",
                ], below: row.stack.map { stackDetails($0, truncated: row.truncated) })
        }
        let rest = rows.dropFirst(mostRows)
        if !rest.isEmpty {
            let calls = rest.reduce(0) { $0 &+ $1.calls }
            table.addRest(
                "and \(Figures.count(rest.count, "more row")), \(Figures.count(calls, "call")), in the JSON report")
        }
    }
}

private let mostRows = 20

extension KernelAllocation.Risk {
    fileprivate var words: String {
        switch self {
        case .mayWaitForWriteback: "If memory is short, these may wait for writeback"
        case .mayWait: "If memory is short, these may wait, but not for I/O"
        case .nonBlocking: "These never wait"
        }
    }
}
