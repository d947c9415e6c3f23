import AuditCore

/// Makes a tree of a YAML file, in bounded time and memory whatever is in it.
struct YAMLReader: ~Copyable {
    /// More than anybody writes.
    static let mostBytes = 4 << 20
    static let mostValues = 400_000
    static let deepest = 32

    private let file: String
    private let bytes: [UInt8]
    private var events: YAMLEvents
    private var anchors: [String: Node] = [:]
    private var values = 0

    /// - Parameter file: its path, for messages.
    init(_ bytes: [UInt8], file: String) {
        self.file = file
        self.bytes = bytes
        events = YAMLEvents(bytes)
    }

    /// Nil for a file without a value.
    mutating func document() throws(AuditError) -> Node? {
        try checkText()
        var document: Node?
        while true {
            let found = try next()
            switch found.event {
            case .fileEnds: return document
            case .documentEnds: continue
            case .documentBegins where document != nil:
                throw wrong(
                    "a second document", file, found.place, "a plan is one document: remove '---', and all below")
            case .documentBegins: document = try node(try next(), depth: 1)
            default: throw wrong("a value outside of the document", file, found.place, "a plan is one document")
            }
        }
    }

    // MARK: values

    private mutating func node(_ found: YAMLEvents.Found, depth: Int) throws(AuditError) -> Node {
        guard depth <= Self.deepest else {
            throw wrong(
                "deeper than \(Self.deepest) levels", file, found.place, "no key of a plan is so deep: lift it up")
        }
        if found.hasTag { throw wrong("a tag", file, found.place, "leave it out: the key says what its value is") }
        if case .alias(let name) = found.event { return try take(alias: name, found.place) }
        try count(1, found.place)
        let content: Node.Content
        switch found.event {
        case .text(let text, let isPlain): content = .text(text, isPlain: isPlain)
        case .listBegins: content = .list(try items(depth))
        case .mappingBegins: content = .mapping(try pairs(depth))
        default: throw wrong("no value", file, found.place, "write one")
        }
        let size =
            switch content {
            case .text: 1
            case .list(let items): items.reduce(1) { $0 + $1.size }
            case .mapping(let pairs): pairs.reduce(1) { $0 + $1.value.size }
            }
        let node = Node(content: content, place: found.place, size: size)
        if let anchor = found.anchor { anchors[anchor] = node }
        return node
    }

    private mutating func take(alias name: String, _ place: Place) throws(AuditError) -> Node {
        guard let node = anchors[name] else {
            throw wrong("'*\(name)' stands for nothing", file, place, "an anchor '&\(name)' must end before it")
        }
        try count(node.size, place)
        return Node(content: node.content, place: place, size: node.size)
    }

    /// Those of aliases are counted at each of them: nine lines of nine aliases would be thousands of millions.
    private mutating func count(_ more: Int, _ place: Place) throws(AuditError) {
        values += more
        guard values <= Self.mostValues else {
            throw wrong(
                "more than \(Self.mostValues) values, with what aliases stand for", file, place,
                "write several plans")
        }
    }

    private mutating func items(_ depth: Int) throws(AuditError) -> [Node] {
        var items: [Node] = []
        while true {
            let found = try next()
            if case .ends = found.event { return items }
            items.append(try node(found, depth: depth + 1))
        }
    }

    private mutating func pairs(_ depth: Int) throws(AuditError) -> [Node.Pair] {
        var pairs: [Node.Pair] = []
        var places: [String: Place] = [:]
        var merged: [Node.Pair] = []
        while true {
            let found = try next()
            if case .ends = found.event { break }
            guard case .text(let key, let isPlain) = found.event else {
                throw wrong("a key that is no text", file, found.place, "a key is a name")
            }
            try count(1, found.place)
            if let first = places.updateValue(found.place, forKey: key) {
                throw wrong("'\(key)' a second time", file, found.place, "the first is in line \(first.line): keep one")
            }
            let value = try node(try next(), depth: depth + 1)
            if key == "<<" && isPlain {
                merged = try pairsToMerge(value)
            } else {
                pairs.append(Node.Pair(key: key, place: found.place, value: value))
            }
        }
        // Its own come first, and so does the first of several merged ones.
        for pair in merged where places[pair.key] == nil {
            places[pair.key] = pair.place
            pairs.append(pair)
        }
        return pairs
    }

    /// Of the merge key `<<`.
    private func pairsToMerge(_ value: Node) throws(AuditError) -> [Node.Pair] {
        switch value.content {
        case .mapping(let pairs): return pairs
        case .list(let nodes):
            var all: [Node.Pair] = []
            for node in nodes {
                guard case .mapping(let pairs) = node.content else { throw notToMerge(node) }
                all += pairs
            }
            return all
        case .text: throw notToMerge(value)
        }
    }

    private func notToMerge(_ node: Node) -> AuditError {
        wrong("'<<' takes no \(node.kind)", file, node.place, "it takes a mapping, such as '*name', or a list of them")
    }

    // MARK: text

    private mutating func next() throws(AuditError) -> YAMLEvents.Found {
        do throws(YAMLEvents.Problem) {
            return try events.next()
        } catch {
            if character(at: error.place) == UInt8(ascii: "\t") {
                throw wrong("a tab", file, error.place, "indent by spaces: YAML takes no tabs there")
            }
            throw wrong("this is no YAML: \(error.what)", file, error.place, "correct it; docs/plans.md has an example")
        }
    }

    /// In a line before which all is ASCII.
    private func character(at place: Place) -> UInt8? {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: place.line, omittingEmptySubsequences: false)
        guard place.line <= lines.count else { return nil }
        return lines[place.line - 1].dropFirst(place.column - 1).first
    }

    private func checkText() throws(AuditError) {
        guard bytes.count <= Self.mostBytes else {
            throw wrong(
                "larger than \(Self.mostBytes >> 20) MiB", file, Place(line: 1, column: 1), "write several plans")
        }
        try checkCharacters(of: bytes, file: file)
    }
}

/// Throws at the first byte that is not UTF-8, and at a NUL.
func checkCharacters(of bytes: [UInt8], file: String) throws(AuditError) {
    var (line, column) = (1, 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while true {
        switch decoder.decode(&iterator) {
        case .scalarValue("\0"):
            throw wrong("a NUL character", file, Place(line: line, column: column), "write the file as text")
        case .scalarValue("\n"): (line, column) = (line + 1, 1)
        case .scalarValue: column += 1
        case .emptyInput: return
        case .error:
            throw wrong("this is not UTF-8", file, Place(line: line, column: column), "save the file as UTF-8")
        }
    }
}
