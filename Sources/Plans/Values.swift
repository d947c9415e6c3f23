import AuditCore

/// What a key's value means, read from a node of a file.
struct Values {
    let file: String

    func wrong(_ what: String, _ node: Node, _ remedy: String) -> AuditError {
        Plans.wrong(what, file, node.place, remedy)
    }

    func place(_ place: Place) -> String { "\(file):\(place.line):\(place.column)" }

    func text(_ node: Node, of key: String) throws(AuditError) -> String {
        guard case .text(let text, let isPlain) = node.content, !(isPlain && text.isEmpty) else {
            throw wrong("'\(key)' has \(node.kind)", node, "it takes one value; '' is an empty text")
        }
        return text
    }

    /// A value that is a number, a name or a word, of which YAML 1.1 and 1.2 must not differ.
    func word(_ node: Node, of key: String) throws(AuditError) -> String {
        let text = try text(node, of: key)
        if text.utf8.count > 1, text.first == "0", text.allSatisfy({ ("0"..."9").contains($0) }) {
            throw wrong("'\(key)': \(text) may be octal", node, "write the decimal number, without a 0 before it")
        }
        return text
    }

    func whole(_ node: Node, of key: String, in range: ClosedRange<Int>) throws(AuditError) -> Int {
        let text = try word(node, of: key)
        guard text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text), range.contains(number) else {
            throw wrong(
                "'\(key)': '\(text)' is no whole number from \(range.lowerBound) to \(range.upperBound)", node,
                "write digits only, such as \(min(max(range.lowerBound, 8), range.upperBound))")
        }
        return number
    }

    func size(_ node: Node, of key: String) throws(AuditError) -> Int {
        let text = try word(node, of: key)
        guard let bytes = byteSize(text) else {
            throw wrong(
                "'\(key)': '\(text)' is no size", node,
                "a size is a number of bytes, with k, m, g or t for more: 4k, 8m")
        }
        return Int(bytes)
    }

    func flag(_ node: Node, of key: String) throws(AuditError) -> Bool {
        if case .text("true", isPlain: true) = node.content { return true }
        if case .text("false", isPlain: true) = node.content { return false }
        throw wrong(
            "'\(key)' is true or false", node,
            "write one of these: what 'yes', 'on' and 1 mean depends on YAML's version")
    }

    func choice(_ node: Node, of key: String, _ choices: [String]) throws(AuditError) -> String {
        let text = try text(node, of: key)
        guard choices.contains(text) else {
            throw wrong(
                "'\(key)': '\(text)' is none", node,
                didYouMean(text, choices) + "it is one of: " + choices.joined(separator: ", "))
        }
        return text
    }

    func mapping(_ node: Node, of key: String) throws(AuditError) -> [Node.Pair] {
        guard case .mapping(let pairs) = node.content else {
            throw wrong("'\(key)' has \(node.kind)", node, "it takes a mapping: lines of 'key: value', indented")
        }
        return pairs
    }

    func list(_ node: Node, of key: String) throws(AuditError) -> [Node] {
        guard case .list(let nodes) = node.content else {
            throw wrong("'\(key)' has \(node.kind)", node, "it takes a list: [one, two], or a line '- one' for each")
        }
        return nodes
    }

    /// A program and its arguments. No text is split: what blanks and quotes mean is a shell's to say.
    func command(_ node: Node, of key: String) throws(AuditError) -> [String] {
        guard case .list(let nodes) = node.content, !nodes.isEmpty else {
            throw wrong(
                "'\(key)' takes a program and its arguments as a list", node,
                "write [program, argument]; a shell runs only where it is named: [sh, -c, 'a && b']")
        }
        var words: [String] = []
        for node in nodes { words.append(try text(node, of: key)) }
        return words
    }

    func commands(_ node: Node, of key: String) throws(AuditError) -> [[String]] {
        var commands: [[String]] = []
        for node in try list(node, of: key) {
            guard case .list = node.content else {
                throw wrong(
                    "'\(key)' takes a list of commands, and each is a list", node,
                    "write '- [program, argument]' for each, also for one; a shell: '- [sh, -c, \"a && b\"]'")
            }
            commands.append(try command(node, of: key))
        }
        return commands
    }

    /// Throws at the first key that is none of `known`.
    func check(_ pairs: [Node.Pair], are known: some Collection<String>, of what: String) throws(AuditError) {
        for pair in pairs where !known.contains(pair.key) {
            throw Plans.wrong(
                "'\(pair.key)' is no key of \(what)", file, pair.place,
                pair.key.nearest(of: known.sorted()).map { "did you mean '\($0)'? docs/plans.md has all keys" }
                    ?? "the keys are: " + known.sorted().joined(separator: ", "))
        }
    }
}

func didYouMean(_ text: String, _ names: some Collection<String>) -> String {
    text.nearest(of: names.sorted()).map { "did you mean '\($0)'? " } ?? ""
}
