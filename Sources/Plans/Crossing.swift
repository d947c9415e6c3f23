import AuditCore

/// Makes several audits of one, by the values of a matrix.
struct Crossing {
    let values: Values
    let keys: [Draft.Kind: Set<String>]

    /// - Parameter matrix: the plan's, which crosses each draft by the keys that its kind has and that it does not set itself. A
    ///   draft's own takes its place.
    func crossed(_ drafts: [Draft], by matrix: Node?) throws(AuditError) -> [Draft] {
        let dimensions = try matrix.map { (node) throws(AuditError) in try self.dimensions(node) } ?? []
        for (key, _) in dimensions where !drafts.contains(where: { isCrossed($0, by: key.key) }) {
            throw wrong(
                "'\(key.key)' crosses nothing", values.file, key.place,
                "no audit of the plan takes it, or each sets it or has a matrix of its own: remove it")
        }
        var all: [Draft] = []
        for draft in drafts {
            var own = dimensions.filter { isCrossed(draft, by: $0.key.key) }
            if let pair = draft.own["matrix"] { own = try ownDimensions(of: draft, pair.value) }
            all += try crossed(draft, by: own, beside: all.count)
        }
        return all
    }

    private typealias Dimension = (key: Node.Pair, values: [Node])

    private func isCrossed(_ draft: Draft, by key: String) -> Bool {
        keys[draft.kind]!.contains(key) && draft.own[key] == nil && draft.own["matrix"] == nil
    }

    private func ownDimensions(of draft: Draft, _ matrix: Node) throws(AuditError) -> [Dimension] {
        let dimensions = try dimensions(matrix)
        try values.check(dimensions.map(\.key), are: keys[draft.kind]!.subtracting(Keys.notCrossed), of: "this matrix")
        if let (key, _) = dimensions.first(where: { draft.own[$0.key.key] != nil }) {
            throw wrong(
                "'\(key.key)' is in '\(draft.name)' and in its matrix", values.file, key.place, "keep one of the two")
        }
        return dimensions
    }

    private func dimensions(_ matrix: Node) throws(AuditError) -> [Dimension] {
        let all = keys.values.reduce(Set<String>()) { $0.union($1) }.subtracting(Keys.notCrossed)
        let pairs = try values.mapping(matrix, of: "matrix")
        try values.check(pairs, are: all, of: "a matrix")
        var dimensions: [Dimension] = []
        for pair in pairs {
            let nodes = try values.list(pair.value, of: pair.key)
            guard !nodes.isEmpty else {
                throw values.wrong("'\(pair.key)' has no value to cross with", pair.value, "name one, or remove it")
            }
            for node in nodes { _ = try values.text(node, of: pair.key) }
            dimensions.append((pair, nodes))
        }
        return dimensions
    }

    private func crossed(_ draft: Draft, by dimensions: [Dimension], beside others: Int) throws(AuditError) -> [Draft] {
        var count = 1
        for (key, nodes) in dimensions {
            count *= nodes.count  // neither is above 400,000
            try check(others + count, key.place)
        }
        try check(others + count, draft.place)
        return dimensions.reduce([draft]) { drafts, dimension in
            drafts.flatMap { draft in
                dimension.values.map { node in
                    var draft = draft
                    draft.crossed[dimension.key.key] = Node.Pair(
                        key: dimension.key.key, place: dimension.key.place, value: node)
                    return draft
                }
            }
        }
    }

    private func check(_ count: Int, _ place: Place) throws(AuditError) {
        guard count <= Plan.mostEntries else {
            throw wrong(
                "more than \(Plan.mostEntries) audits", values.file, place, "cross fewer values, or write several plans"
            )
        }
    }
}
