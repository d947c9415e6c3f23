/// A pattern for names and paths: `*` is any text, `?` any one character, and `\` takes its meaning from the next one.
/// Characters are Unicode's scalars. The interposer matches threads' names by the same patterns (`glob.c`), and the two are
/// tested on one table, `Tests/globs.txt`.
public struct Glob: Equatable, Sendable {
    private enum Character: Equatable, Sendable {
        case any
        case exactly(Unicode.Scalar)
    }

    /// A `\` before a character that has no meaning to lose.
    struct BadEscape: Error {
        let index: Int
    }

    /// What `\` may stand before: the `:` before a line's number and the `#` of a comment are the file's.
    private static let special: Set<Unicode.Scalar> = ["*", "?", "\\", ":", "#"]

    private var pattern = Pattern<Character>(places: [])

    init(_ text: ArraySlice<Unicode.Scalar>) throws(BadEscape) {
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case "*": pattern.places.append(.run)
            case "?": pattern.places.append(.one(.any))
            case "\\":
                guard index + 1 < text.endIndex, Self.special.contains(text[index + 1]) else {
                    throw BadEscape(index: index)
                }
                index += 1
                pattern.places.append(.one(.exactly(text[index])))
            case let scalar: pattern.places.append(.one(.exactly(scalar)))
            }
            index += 1
        }
    }

    /// Nil for a `\` before a character that has no meaning to lose.
    public init?(_ text: String) {
        guard let glob = try? Glob(Array(text.unicodeScalars)[...]) else { return nil }
        self = glob
    }

    /// Unknown text is empty: only `*` matches it.
    public func matches(_ text: String?) -> Bool {
        matches(Array((text ?? "").unicodeScalars))
    }

    /// Whether the pattern is the whole path or its last components.
    func matchesEnd(ofPath path: String?) -> Bool {
        let scalars = Array((path ?? "").unicodeScalars)
        return matches(scalars)
            || scalars.indices.contains { scalars[$0] == "/" && matches(Array(scalars[($0 + 1)...])) }
    }

    private func matches(_ scalars: [Unicode.Scalar]) -> Bool {
        pattern.matches(scalars) { $0 == .any || $0 == .exactly($1) }
    }
}

extension Suppression {
    /// The pattern of one text, as a line of a file can hold it: a control character, or a blank at either end, is `?`.
    public static func pattern(of text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var pattern = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let next = index + 1 < scalars.count ? scalars[index + 1] : nil
            if scalar.isInvisible || (scalar.isBlank && (index == 0 || next == nil)) {
                pattern.append("?")
                continue
            }
            let beginsComment = scalar == "#" && next?.isBlank ?? true
            if ["*", "?", "\\"].contains(scalar) || beginsComment { pattern.append("\\") }
            pattern.append(scalar)
        }
        return String(pattern)
    }
}

extension Unicode.Scalar {
    /// What lines may begin and end with: CR and the byte order mark too, which editors leave there.
    var isBlank: Bool {
        ["\t", "\r", " ", "\u{FEFF}"].contains(self)
    }
}
