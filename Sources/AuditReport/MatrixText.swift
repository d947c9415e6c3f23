import AuditCore

/// The text of `dioaudit matrix`: a table per target, what is missing and why, and one summary line last.
public func matrixText(_ matrix: Matrix, _ style: Style, quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
        let kernel = NamedWitnesses("kernel", matrix.targets.flatMap(\.cells).map(\.witness))
        lines += headerLines(matrix.machine, matrix.files, [kernel]) + [""]
        lines += matrix.targets.flatMap { targetLines($0, style) + [""] }
        lines += (matrix.notes.map { "(\($0))" } + matrix.reasons.map { "  - \(printable($0))" }).flatMap {
            wrapped($0)
        }
        lines.append("")
    }
    return (lines + wrapped(matrix.summary)).joined(separator: "\n") + "\n"
}

private func targetLines(_ target: MatrixTarget, _ style: Style) -> [String] {
    if let absence = target.absence { return wrapped("\(style.strong(target.name))  \(absence)") }
    let (table, legend) = MatrixGrid(target).folded
    return table.lines(heading: style.strong) + (legend.map { wrapped($0) } ?? [])
}
