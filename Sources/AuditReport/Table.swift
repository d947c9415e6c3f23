/// Rows of text in columns as wide as their widest cell, no wider than the page.
package struct Table {
    package struct Column: Sendable {
        package let title: String
        package private(set) var isLeft = false
        /// If the table is too wide, its cells continue in the next line, after one of these.
        var breaksAfter: Character?

        static func right(_ title: String) -> Column { Column(title: title) }
        static func left(_ title: String, breaksAfter: Character? = nil) -> Column {
            Column(title: title, isLeft: true, breaksAfter: breaksAfter)
        }
    }

    package let columns: [Column]
    package private(set) var rows: [[String]] = []

    static let gap = 2
    /// Of a piece that cannot be broken, such as a name from outside.
    fileprivate static let most = 60

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    /// - Parameter indent: spaces before each line.
    /// - Parameter heading: what is done to the titles' line.
    func lines(indent: Int = 0, heading: (String) -> String = { $0 }) -> [String] {
        let all = [columns.map(\.title)] + rows
        var widths = columns.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        let total = { indent + widths.reduce(0, +) + Self.gap * (widths.count - 1) }
        // The last first: what a row is about stays whole as long as it can.
        for column in columns.indices.reversed() {
            guard let end = columns[column].breaksAfter, total() > pageWidth else { continue }
            let longest =
                rows.flatMap { $0[column].pieces(endingAt: end) }.map(\.withoutTrailingSpaces.columns)
                .max() ?? 0
            widths[column] = max(columns[column].title.columns, longest, widths[column] - total() + pageWidth)
        }
        return blocks(widths, indent).enumerated().flatMap { number, block in
            all.enumerated().flatMap { index, row in
                let text = lines(of: row, block, widths).map { spaces(indent) + $0 }
                return index == 0 ? text.map(heading) : text
            }
        }
    }

    /// As a table of GitHub's Markdown.
    var markdown: [String] {
        let rule = columns.map { $0.isLeft ? "---" : "--:" }
        let cells = ([columns.map(\.title)] + rows).map { $0.map { escapedMarkdown($0) } }
        return ([cells[0], rule] + cells.dropFirst()).map { "| \($0.joined(separator: " | ")) |" }
    }

    /// Which columns stand side by side: all, or else each block begins with the first column again.
    private func blocks(_ widths: [Int], _ indent: Int) -> [[Int]] {
        var blocks = [[0]]
        var width = indent + widths[0]
        for column in columns.indices.dropFirst() {
            let wider = width + Self.gap + widths[column]
            if wider <= pageWidth || blocks.last!.count == 1 {
                blocks[blocks.count - 1].append(column)
                width = wider
            } else {
                blocks.append([0, column])
                width = indent + widths[0] + Self.gap + widths[column]
            }
        }
        return blocks
    }

    private func lines(of row: [String], _ block: [Int], _ widths: [Int]) -> [String] {
        let cells = block.map { column in cell(row[column], columns[column], widths[column]) }
        return (0..<(cells.map(\.count).max() ?? 0)).map { line in
            let texts = block.indices.map { index in
                let text = line < cells[index].count ? cells[index][line] : ""
                let space = spaces(widths[block[index]] - text.columns)
                return columns[block[index]].isLeft ? text + space : space + text
            }
            return texts.joined(separator: spaces(Self.gap)).withoutTrailingSpaces
        }
    }

    private func cell(_ text: String, _ column: Column, _ width: Int) -> [String] {
        guard text.columns > width, let end = column.breaksAfter else { return [text] }
        return text.pieces(endingAt: end).reduce(into: [""]) { lines, piece in
            let line = lines[lines.count - 1] + piece
            if line.withoutTrailingSpaces.columns > width { lines.append("") }
            lines[lines.count - 1] += piece
        }.map(\.withoutTrailingSpaces)
    }
}

extension String {
    /// `a|`, `b` of `a|b`
    fileprivate func pieces(endingAt end: Character) -> [String] {
        var pieces = [""]
        for character in self {
            pieces[pieces.count - 1].append(character)
            if character == end { pieces.append("") }
        }
        return pieces.map { shortened($0, to: Table.most) }
    }
}
