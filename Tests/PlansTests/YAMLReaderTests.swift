import AuditCore
import Testing

@testable import Plans

/// The reader of YAML: what it refuses, where, and that it ends whatever is given to it.
@Suite struct YAMLReaderTests {
    private func read(_ text: String) throws(AuditError) -> Node? {
        var reader = YAMLReader(Array(text.utf8), file: "f")
        return try reader.document()
    }

    private func refusal(_ bytes: [UInt8]) -> AuditError? {
        var reader = YAMLReader(bytes, file: "f")
        do {
            _ = try reader.document()
            return nil
        } catch {
            return error
        }
    }

    struct Wrong: CustomTestStringConvertible, Sendable {
        let text: String
        let place: String
        let words: String

        init(_ text: String, _ place: String, _ words: String) {
            (self.text, self.place, self.words) = (text, place, words)
        }

        var testDescription: String { text.debugDescription }
    }

    static let wrong = [
        Wrong("a: 1\nb: 2\na: 3\n", "f:3:1", "'a' a second time"),
        Wrong("a: {b: 1, b: 2}", "f:1:11", "'b' a second time"),
        Wrong("a:\n\tb: 1\n", "f:2:1", "a tab"),
        Wrong("a: [1, 2\n", "f:2:1", "this is no YAML"),
        Wrong("a: b: c\n", "f:1:5", "this is no YAML"),
        Wrong("a: !!int 3\n", "f:1:4", "a tag"),
        Wrong("a: *b\n", "f:1:4", "'*b' stands for nothing"),
        Wrong("a: &x [*x]\n", "f:1:8", "'*x' stands for nothing"),
        Wrong("? [a]\n: 1\n", "f:1:3", "a key that is no text"),
        Wrong("a: 1\n---\nb: 2\n", "f:2:1", "a second document"),
        Wrong("<<: 3\n", "f:1:5", "'<<' takes no a text"),
        Wrong("a: \u{0}\n", "f:1:4", "a NUL character"),
        Wrong("ä: \u{7}\n", "f:1:4", "this is no YAML"),
    ]

    @Test(arguments: wrong) func whatItRefusesItNamesByItsPlace(wrong: Wrong) throws {
        let error = try #require(refusal(Array(wrong.text.utf8)))
        #expect(error.place == wrong.place && error.what.contains(wrong.words), "\(error)")
        #expect(error.exit == .badInput)
    }

    @Test func whatIsNoTextIsNamed() throws {
        #expect(refusal(Array("a: b\nc: \u{e9}".utf8) + [0xc3])?.place == "f:2:5")
        #expect(refusal([0xff, 0xfe, 0x61, 0])?.what == "this is not UTF-8")
    }

    /// YAML 1.1 reads other values there than 1.2: a text is what was written.
    @Test(arguments: ["no", "0777", "1e3", "~", "12:30:45", "0x1F", "1_000", "yes", "null"])
    func noTextIsRead(text: String) throws {
        guard case .list(let nodes)? = try read("[\(text), '\(text)']")?.content, nodes.count == 2,
            case .text(let plain, isPlain: true) = nodes[0].content,
            case .text(let quoted, isPlain: false) = nodes[1].content
        else { throw Failure() }
        #expect(plain == text && quoted == text)
    }

    @Test func aliasesAndMergedKeysStandForTheirValues() throws {
        let text = "a: &a {x: 1, y: 2}\nb:\n  y: 3\n  <<: *a\nc: {<<: [{y: 8}, *a]}\n"
        guard case .mapping(let pairs)? = try read(text)?.content else { throw Failure() }
        #expect(pairs.map(\.key) == ["a", "b", "c"])
        #expect(texts(pairs[1].value) == ["y": "3", "x": "1"])
        #expect(texts(pairs[2].value) == ["y": "8", "x": "1"])
    }

    private func texts(_ node: Node) -> [String: String] {
        guard case .mapping(let pairs) = node.content else { return [:] }
        return pairs.reduce(into: [:]) { texts, pair in
            if case .text(let text, _) = pair.value.content { texts[pair.key] = text }
        }
    }

    struct Failure: Error {}

    // MARK: hostile files

    @Test func aBillionLaughsAreCounted() throws {
        var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...30 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        let error = try #require(refusal(Array(text.utf8)))
        #expect(
            error.what.hasPrefix("more than \(YAMLReader.mostValues) values") && error.place.hasPrefix("f:6:"),
            "\(error)")
    }

    @Test func mergedKeysAreCounted() throws {
        var text = "a0: &a0 {k: 1, l: 2, m: 3, n: 4, o: 5, p: 6, q: 7, r: 8, s: 9}\n"
        for level in 1...30 {
            let list = (0..<9).map { "k\($0): *a\(level - 1)" }.joined(separator: ", ")
            text += "a\(level): &a\(level) {<<: *a\(level - 1), \(list)}\n"
        }
        #expect(try #require(refusal(Array(text.utf8))).what.hasPrefix("more than"))
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "]) func depthIsBounded(opening: String) throws {
        let error = try #require(refusal(Array(String(repeating: opening, count: 100_000).utf8)))
        #expect(error.what == "deeper than 32 levels" || error.what.hasPrefix("a key that is no text"), "\(error)")
        #expect(error.place.hasPrefix("f:1:"), "\(error)")
    }

    /// A mebibyte of what costs a reader most: each ends, by an error or by a value.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["[],", "a,", "- a\n", "\"\\x41\" ", "&a ", "# comment\n", "'", "%", "a ", ": ", "|\n "])
    func timeIsBounded(piece: String) throws {
        let text = "a: [" + String(repeating: piece, count: YAMLReader.mostBytes / 4 / piece.utf8.count)
        #expect(refusal(Array(text.utf8)) != nil)
    }

    @Test func sizeIsBounded() throws {
        #expect(refusal([UInt8](repeating: 0x20, count: YAMLReader.mostBytes + 1))?.what == "larger than 4 MiB")
    }
}
