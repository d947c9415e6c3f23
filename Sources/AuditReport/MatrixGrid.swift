import AuditCore

/// A target's cells as a table's: a row for each engine and direction, the block sizes side by side.
struct MatrixGrid {
    let header: [String]
    let rows: [[String]]

    init(_ target: MatrixTarget) {
        let blocks = target.cells.map(\.blockBytes).unique
        header =
            [target.name]
            + blocks.flatMap { block in
                ["\(block / 1024)k kmalloc", "slab", "pages", "worst risk"]
            }
        rows = target.cells.map { [$0.engine, $0.rw] }.unique.map { transfer in
            [transfer.joined(separator: " ")]
                + blocks.flatMap { block in
                    target.cells.first { [$0.engine, $0.rw] == transfer && $0.blockBytes == block }?.texts
                        ?? Array(repeating: "", count: 4)
                }
        }
    }
}

extension MatrixCell {
    /// Kernel allocations per transfer by kind, and the worst risk; a dash where nobody was looking.
    fileprivate var texts: [String] {
        let bound = witness.status == .partial ? "≥" : ""
        let figures = [kmalloc, kmemCacheAlloc, pageAlloc].map { $0.map { bound + Figures.rate($0.perTransfer) } }
        let risk = worstRisk.map { bound + $0.rawValue + (worstHasReserve ? "*" : "") }
        return (figures + [risk]).map { $0 ?? "-" }
    }
}

extension Matrix {
    /// What stands below the tables: how to read them, and why figures are missing.
    var notes: [String] {
        var notes = [
            "allocations of the kernel per transfer in the steady phase: kmalloc, slab caches (kmem_cache_alloc), calls of "
                + "the page allocator",
            "worst risk: what may become of the thread that transfers where memory is short (docs/matrix.md)",
        ]
        let cells = targets.flatMap(\.cells)
        if cells.contains(where: \.worstHasReserve) {
            notes.append("*: it has a reserve (mempool), and waits only when that is used up")
        }
        if cells.contains(where: { $0.wasObserved && $0.witness.status == .partial }) {
            notes.append("≥: not everything was seen")
        }
        if cells.contains(where: { !$0.wasObserved }) { notes.append("a dash: not observed, for the reasons below") }
        return notes
    }

    /// Each reason with the cells that it holds of.
    var reasons: [String] {
        let named = targets.flatMap { target in target.cells.map { (name: "\(target.name) \($0.name)", cell: $0) } }
        return named.flatMap(\.cell.reasons).unique.map { reason in
            let names = named.filter { $0.cell.reasons.contains(reason) }.map(\.name)
            if names.count == named.count { return "every cell: \(reason)" }
            let more = names.count > 3 ? " and \(names.count - 3) more" : ""
            return "\(names.prefix(3).joined(separator: ", "))\(more): \(reason)"
        }
    }

    var summary: String {
        let cells = targets.flatMap(\.cells)
        let observed = cells.lazy.filter(\.wasObserved).count
        let measured = targets.lazy.filter { $0.status == .measured }.count
        let others = [(MatrixTarget.Status.absent, "not here"), (.failed, "failed")].compactMap { status, words in
            let names = targets.filter { $0.status == status }.map(\.name)
            return names.isEmpty ? nil : "; \(words): \(names.joined(separator: ", "))"
        }
        return "dioaudit: matrix: \(observed) of \(Figures.count(cells.count, "cell")) observed on "
            + Figures.count(measured, "target") + others.joined()
    }
}

extension MatrixTarget {
    /// Why there is no table.
    var absence: String? {
        reason.map { status == .absent ? "not here: \($0)" : "failed: \($0)" }
    }
}

extension Array where Element: Equatable {
    /// Each once, in the order of their first.
    fileprivate var unique: [Element] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
