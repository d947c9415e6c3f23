import AuditCore

/// A table of the places that violate, first the worst.
func placeLines(_ audit: Audit, _ style: Style, verbose: Bool) -> [String] {
    guard !audit.places.isEmpty else { return [] }
    let most = verbose ? audit.places.count : max(mostPlaces, style.stacks)
    let table = placeTable(audit, audit.places.prefix(most), style)
    let lines = table.lines(indent: 2, heading: style.strong).map { $0.replacing(unbroken, with: " ") }
    return lines + restOfPlaces(audit, after: most).map { "  \($0) (--verbose lists them)" }
}

/// What is left out of a table, if anything is.
func restOfPlaces(_ audit: Audit, after most: Int) -> [String] {
    let rest = audit.places.dropFirst(most)
    guard !rest.isEmpty else { return [] }
    let calls = rest.reduce(0) { $0 + $1.calls }
    return ["and \(Figures.count(rest.count, "more place")), \(Figures.count(calls, "call"))"]
}

func placeTable(_ audit: Audit, _ shown: ArraySlice<Place>, _ style: Style) -> Table {
    let hasTransfers = shown.contains { $0.transfers > 0 }
    let hasThreads = shown.contains { !$0.threads.isEmpty }
    let columns: [Table.Column] =
        [.right("calls")] + (hasTransfers ? [.right("per transfer")] : []) + [.right("bytes"), .left("kinds")]
        + (hasThreads ? [.left("thread")] : [])
    let figures = shown.map { place in
        ["\(place.calls)"] + (hasTransfers ? [rate(place, audit.processes)] : [])
            + [place.bytes > 0 ? Figures.bytes(place.bytes) : "-", kinds(place)]
            + (hasThreads ? [threads(place)] : [])
    }
    // The place itself takes what the figures leave.
    let width = columns.indices.reduce(2) { sum, column in
        sum + 2 + max(columns[column].title.columns, figures.map { $0[column].columns }.max() ?? 0)
    }
    var table = Table([.left("where it allocates", breaksAfter: " ")] + columns)
    for (place, row) in zip(shown, figures) {
        table.add([style.place(place, audit.violations, to: pageWidth - width)] + row)
    }
    return table
}

/// More would not fit a screen.
private let mostPlaces = 10

/// Stands for a space after which a cell does not go on in the next line.
let unbroken = "\u{A0}"

/// The stacks of the worst places, of each place that of the most calls; with `verbose` those of all.
func stackLines(_ audit: Audit, _ style: Style, verbose: Bool, attached: Bool = false) -> [String] {
    if verbose { return audit.violations.flatMap { [""] + style.lines($0, attached: attached) } }
    return audit.places.prefix(style.stacks).flatMap { place -> [String] in
        let violation = audit.violations[place.violations[0]]
        let others = place.violations.count - 1
        return [""] + style.lines(violation, attached: attached, folded: true)
            + (others > 0 && !violation.stack.isEmpty
                ? ["    and \(Figures.count(others, "more stack")) from the same place"] : [])
    }
}

extension Style {
    /// A place in words: `allocate main.c:14`.
    func text(_ place: Place, _ violations: [Violation]) -> String {
        self.place(place, violations, to: 200).replacing(unbroken, with: " ")
    }

    /// The program's frame in two words at most, each of at most some columns: a name, and a file or module.
    fileprivate func place(_ place: Place, _ violations: [Violation], to most: Int) -> String {
        guard let frame = place.frame else {
            return violations[place.violations[0]].unknownPlace.replacing(" ", with: unbroken)
        }
        let module = frame.module.map { lastComponent($0) } ?? "??"
        let name = frame.function.map { printable(shortFunction($0)) } ?? printable(frame.name)
        let file = frame.file.map(path).map { file in frame.line.map { "\(file):\($0)" } ?? file }
        let short = file.map { name.columns + 1 + $0.columns > most ? lastComponent($0) : $0 }
        let source = short ?? (frame.function == nil ? nil : "(\(module))")
        return ([name] + [source].compactMap { $0 })
            .map { shortened($0, to: most).replacing(" ", with: unbroken) }.joined(separator: " ")
    }
}

extension Violation {
    /// In place of a place, where no frame is known.
    package var unknownPlace: String {
        let text =
            switch kind.family {
            case .pageFault: memory.map { "touches \(printable(lastComponent($0)))" } ?? "touches memory"
            case .unexplained: "no call or fault"
            case .systemCall: "libc itself, or past it"
            default: "stack not kept"
            }
        return "(\(shortened(text, to: 30)))"
    }
}

private func lastComponent(_ path: String) -> String {
    printable(path.split(separator: "/").last.map(String.init) ?? path)
}

/// How often: `2.00` for each transfer, `every 512th`, `once`, all `at 7th`, or `until 40th` where it ended early in the steady
/// phase.
package func rate(_ place: Place, _ processes: [ProcessLedger]) -> String {
    guard let perTransfer = place.perTransfer else { return "-" }
    if place.calls == 1 { return "once" }
    if let last = place.lastTransfer, last == place.firstTransfer { return "at " + ordinal(last) }
    if let last = place.lastTransfer, place.endsEarly(processes) { return "until " + ordinal(last) }
    return perTransfer >= 0.6
        ? Figures.hundredths(perTransfer) : "every " + ordinal(UInt64((1 / perTransfer).rounded()))
}

/// `1st`, `22nd`, `113th`
func ordinal(_ number: UInt64) -> String {
    let ending =
        switch (number % 10, number % 100) {
        case (_, 11...13): "th"
        case (1, _): "st"
        case (2, _): "nd"
        case (3, _): "rd"
        default: "th"
        }
    return "\(number)\(ending)"
}

extension Place {
    /// `100 mallocs, 3 callocs`
    package var kindsInWords: String {
        EventKind.allCases.compactMap { kind in kinds[kind].map { kind.text($0) } }.joined(separator: ", ")
    }
}

private func kinds(_ place: Place) -> String {
    let sorted = EventKind.allCases.filter { place.kinds[$0] != nil }.sorted { place.kinds[$0]! > place.kinds[$1]! }
    let shown = sorted.count > 3 ? Array(sorted.prefix(2)) : sorted
    return (shown.map(\.word) + (shown.count < sorted.count ? ["\(sorted.count - shown.count) more"] : []))
        .joined(separator: ",")
}

private func threads(_ place: Place) -> String {
    guard let first = place.threads.first else { return "-" }
    let name = shortened(printable(first), to: 15)
    return place.threads.count > 1 ? "\(shortened(name, to: 12)) +\(place.threads.count - 1)" : name
}

extension EventKind {
    /// Short, for tables.
    fileprivate var word: String {
        switch self {
        case .pageFaultMinor: "fault"
        case .pageFaultMajor: "majorFault"
        case .pagesUnexplained: "pages"
        case .mappingsUnexplained: "mappings"
        default: rawValue
        }
    }
}
