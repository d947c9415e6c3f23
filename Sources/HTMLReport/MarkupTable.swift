import AuditReport

/// A table whose first column says what a row is about; a heading above it says what the table is about. One that is wider than the
/// page is scrolled by itself.
struct MarkupTable {
    struct Column {
        let title: String
        var isNumber = false

        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
        static func text(_ title: String) -> Column { Column(title: title) }
    }

    let caption: String
    private let style: String
    let columns: [Column]
    private var rows: [Markup] = []

    init(_ caption: String, style: String = "", _ columns: [Column]) {
        self.caption = caption
        self.style = style
        self.columns = columns
    }

    /// Of the text report's.
    init(_ caption: String, _ table: Table) {
        self.init(caption, table.columns.map { Column(title: $0.title, isNumber: !$0.isLeft) })
        for row in table.rows { add(row.map { "\($0)" }) }
    }

    var isEmpty: Bool { rows.isEmpty }

    /// - Parameter below: what belongs to the row, over all columns.
    mutating func add(_ cells: [Markup], below: Markup? = nil) {
        var row: Markup = below == nil ? "<tr>" : "<tr class=\"upper\">"
        for (index, cell) in cells.enumerated() {
            let style = when(columns[index].isNumber, " class=\"n\"")
            row += index == 0 ? "<th scope=\"row\"\(style)>\(cell)</th>" : "<td\(style)>\(cell)</td>"
        }
        row += "</tr>"
        if let below { row += "<tr class=\"lower\"><td colspan=\"\(columns.count)\">\(below)</td></tr>" }
        rows.append("<tbody>\(row)</tbody>\n")
    }

    /// A heading of the rows that follow it.
    mutating func addGroup(_ title: String) {
        rows.append(
            "<tbody class=\"group\"><tr><th scope=\"rowgroup\" colspan=\"\(columns.count)\">\(title)</th></tr></tbody>\n"
        )
    }

    /// What is left out, over all columns.
    mutating func addRest(_ text: String) {
        rows.append("<tbody class=\"rest\"><tr><td colspan=\"\(columns.count)\">\(text)</td></tr></tbody>\n")
    }

    var markup: Markup {
        let heads = columns.map { column -> Markup in
            "<th scope=\"col\"\(when(column.isNumber, " class=\"n\""))>\(column.title)</th>"
        }
        return """
            <div class="wide" role="region" aria-label="\(caption)" tabindex="0"><table class="\(style)">
            <caption class="unseen">\(caption)</caption>
            <thead><tr>\(heads)</tr></thead>
            \(rows)</table></div>

            """
    }
}
