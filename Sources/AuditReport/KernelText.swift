import AuditCore

/// What the kernel allocated in the steady phase, by call site; without `verbose` only what happens at every twentieth
/// transfer or more often.
func kernelLines(_ audit: Audit, verbose: Bool) -> [String] {
    let steady = audit.phases[.steady]
    guard audit.witnesses.kernel.status != .unavailable else {
        return verbose ? [] : [witnessText("kernel", audit.witnesses.kernel)]
    }
    var lines =
        audit.witnesses.kernel.status == .partial && !verbose ? [witnessText("kernel", audit.witnesses.kernel)] : []
    let shown = steady.kernel.filter { verbose || $0.perTransfer >= 0.05 }
    let rest = steady.kernel.dropFirst(shown.count).reduce(0) { $0 + $1.calls }
    guard !steady.kernel.isEmpty else { return lines + ["  the kernel allocated nothing in the steady phase"] }
    if !shown.isEmpty { lines += kernelTable(shown, perTransfer: steady.transfers > 0).lines(indent: 2) }
    if rest > 0 {
        lines.append(
            "  the kernel allocated \(Figures.count(rest, "more time")) in the steady phase (--verbose lists them)")
    }
    if let advice = advice(audit) { lines.append("  " + advice) }
    if verbose { lines += steady.kernel.flatMap(chainLines) }
    return lines
}

private func kernelTable(_ allocations: [KernelAllocation], perTransfer: Bool) -> Table {
    var table = Table(
        ["the kernel allocates by", "cache", "flags", "calls"] + (perTransfer ? ["per transfer"] : []) + ["risk"])
    for allocation in allocations {
        table.add(
            [
                "\(allocation.kind.function) in \(siteText(allocation))", allocation.cache ?? "-", allocation.gfp,
                "\(allocation.calls)",
            ] + (perTransfer ? [Figures.hundredths(allocation.perTransfer)] : [])
                + [allocation.risk.rawValue + (allocation.mempool ? " (mempool)" : "")])
    }
    return table
}

private func siteText(_ allocation: KernelAllocation) -> String {
    allocation.site + (allocation.module.map { " [\($0)]" } ?? "")
}

/// prctl(2): needs CAP_SYS_RESOURCE and Linux 5.6.
private func advice(_ audit: Audit) -> String? {
    let waits = audit.phases[.steady].kernel.contains { $0.risk == .mayWaitForWriteback }
    if audit.lock.ioFlusher { return "io flusher: yes: GFP_KERNEL reclaims without waiting for writeback" }
    return waits ? "io flusher: no: with prctl(PR_SET_IO_FLUSHER, 1) none of these would wait for writeback" : nil
}

private func chainLines(_ allocation: KernelAllocation) -> [String] {
    guard let stack = allocation.stack else { return [] }
    return ["  \(allocation.kind.function) in \(siteText(allocation)), \(Figures.count(allocation.calls, "call")):"]
        + stack.enumerated().map { "    #\($0.offset) \(frameText($0.element))" }
        + (allocation.truncated ? ["    … the stack goes on"] : [])
}

extension KernelAllocation.Kind {
    /// The kernel's own function.
    var function: String {
        switch self {
        case .kmalloc: "kmalloc"
        case .kmemCacheAlloc: "kmem_cache_alloc"
        case .pageAlloc: "alloc_pages"
        }
    }
}
