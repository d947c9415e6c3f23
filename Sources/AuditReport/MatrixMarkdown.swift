import AuditCore

/// The matrix as Markdown (GitHub's, with tables): for documentation.
public func matrixMarkdown(_ matrix: Matrix) -> String {
    let machine = matrix.machine
    let title = "## Kernel allocations per transfer: Linux \(machine.kernel), \(machine.arch), \(machine.cpus) CPUs"
    let blocks = [title] + matrix.targets.map(block) + [list(matrix.notes), list(matrix.reasons), matrix.summary]
    return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
}

private func block(_ target: MatrixTarget) -> String {
    if let absence = target.absence { return "**\(target.name)**: \(escapedMarkdown(absence))" }
    let grid = MatrixGrid(target)
    let rule = ["---"] + Array(repeating: "--:", count: grid.header.count - 1)
    return ([grid.header, rule] + grid.rows).map { "| \($0.map { escapedMarkdown($0) }.joined(separator: " | ")) |" }
        .joined(separator: "\n")
}

private func list(_ items: [String]) -> String {
    items.map { "- \(escapedMarkdown($0))" }.joined(separator: "\n")
}
