/// Rows of text in columns as wide as their widest cell: the first column to the left, numbers to the right.
struct Table {
    private var rows: [[String]]

    init(_ header: [String]) {
        rows = [header]
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    /// - Parameter indent: spaces before each line.
    func lines(indent: Int = 0) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }
            return String(repeating: " ", count: indent) + cells.joined(separator: "  ")
        }
    }
}
