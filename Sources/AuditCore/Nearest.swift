extension String {
    /// The name that was probably meant: the nearest of them, if it is near.
    public func nearest(of names: some Sequence<String>) -> String? {
        let near = nearest(1, of: names)
        return near.first.flatMap { distance(to: $0) <= Self.typingErrors(in: $0) ? $0 : nil }
    }

    /// As many as `count` of the names, the nearest first.
    public func nearest(_ count: Int, of names: some Sequence<String>) -> [String] {
        let measured = names.map { (name: $0, distance: distance(to: $0)) }.sorted { $0.distance < $1.distance }
        return measured.prefix(count).map(\.name)
    }

    private static func typingErrors(in name: String) -> Int { name.utf8.count < 5 ? 1 : 2 }

    /// Letters put in, left out, changed, or swapped with the next, to make one of the other (optimal string alignment). Of a
    /// long text only its beginning is compared: it is no name that somebody meant.
    private func distance(to other: String) -> Int {
        let (a, b) = (Array(utf8.prefix(200)), Array(other.utf8.prefix(200)))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = Swift.min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = Swift.min(least, rows[i - 1][j - 1] + 1) }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
