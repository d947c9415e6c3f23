import AuditCore

/// The text of `dioaudit matrix`: a table per target, what is missing and why, and one summary line last.
public func matrixText(_ matrix: Matrix, _ style: Style, quiet: Bool) -> String {
    let lines = quiet ? [] : matrix.targets.flatMap { targetLines($0, style) + [""] } + footer(matrix) + [""]
    return (lines + [matrix.summary]).joined(separator: "\n") + "\n"
}

private func targetLines(_ target: MatrixTarget, _ style: Style) -> [String] {
    if let absence = target.absence { return ["\(style.strong(target.name))  \(absence)"] }
    let grid = MatrixGrid(target)
    var table = Table(grid.header)
    for row in grid.rows { table.add(row) }
    let lines = table.lines()
    return [style.strong(lines[0])] + lines.dropFirst()
}

private func footer(_ matrix: Matrix) -> [String] {
    matrix.notes.map { "(\($0))" } + matrix.reasons.map { "  - \($0)" }
}
