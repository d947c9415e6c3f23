import AuditCore

/// A target's cells as a table's: a row for each engine and direction, the block sizes side by side.
struct MatrixGrid {
    let header: [String]
    let rows: [[String]]
    private let blocks: [Int]

    init(_ target: MatrixTarget) {
        let blocks = target.cells.map(\.blockBytes).unique
        self.blocks = blocks
        header =
            [target.name]
            + blocks.flatMap { block in
                ["\(Self.name(block)) \(KernelFigures.titles[0])"] + KernelFigures.titles.dropFirst()
            }
        rows = target.cells.map { [$0.engine, $0.rw] }.unique.map { transfer in
            [transfer.joined(separator: " ")]
                + blocks.flatMap { block in
                    target.cells.first { [$0.engine, $0.rw] == transfer && $0.blockBytes == block }?.figures.texts
                        ?? Array(repeating: "", count: 4)
                }
        }
    }

    /// Without the columns that are the same in all rows, and a line that says what these are.
    var folded: (table: Table, legend: String?) {
        let isSame = header.indices.map { column in
            column > 0 && rows.count > 1 && rows[0][column] != "-" && rows.allSatisfy { $0[column] == rows[0][column] }
        }
        let kept = header.indices.filter { !isSame[$0] }
        var table = Table(kept.map { $0 == 0 ? .left(title($0, isSame)) : .right(title($0, isSame)) })
        for row in rows { table.add(kept.map { row[$0] }) }
        let words = KernelFigures.titles.indices.flatMap { figure in
            let columns = blocks.indices.map { 1 + $0 * KernelFigures.titles.count + figure }
            let values = columns.map { isSame[$0] ? rows[0][$0] : nil }
            let title = KernelFigures.titles[figure]
            if let value = values[0], values.allSatisfy({ $0 == value }) { return ["\(title) \(value)"] }
            return zip(blocks, values).compactMap { block, value in
                value.map { "\(title) \($0) (\(Self.name(block)))" }
            }
        }
        return (table, words.isEmpty ? nil : "  all: " + words.joined(separator: ", "))
    }

    /// The first column that a block size keeps has its name.
    private func title(_ column: Int, _ isSame: [Bool]) -> String {
        guard column > 0 else { return header[0] }
        let count = KernelFigures.titles.count
        let (block, figure) = ((column - 1) / count, (column - 1) % count)
        let first = (1 + block * count..<1 + (block + 1) * count).first { !isSame[$0] }
        return (column == first ? Self.name(blocks[block]) + " " : "") + KernelFigures.titles[figure]
    }

    private static func name(_ block: Int) -> String { "\(block / 1024)k" }
}

extension Matrix {
    /// The notes below the tables: how to read them, and why figures are missing.
    var notes: [String] {
        var notes = [
            "kernel allocations per steady transfer: kmalloc, slab caches, page allocator; see docs/matrix.md",
            riskLegend,
        ]
        let cells = targets.flatMap(\.cells)
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
    var unique: [Element] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
