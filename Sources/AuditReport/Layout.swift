/// What no line is wider than, in columns, save by a name or a command that alone is.
let pageWidth = 100

extension StringProtocol {
    /// Columns on a terminal: escape sequences of `Style` take none.
    var columns: Int {
        var count = 0
        var isEscape = false
        for character in self {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { count += 1 }
            if isEscape && character == "m" { isEscape = false }
        }
        return count
    }
}

/// A line as lines of the page's width, broken at spaces; what follows the first is indented two columns more.
///
/// A word that does not fit is left whole, for a path to be copied.
func wrapped(_ line: String, indent hanging: Int? = nil) -> [String] {
    guard line.columns > pageWidth else { return [line] }
    let beginning = line.prefix { $0 == " " }
    let hanging = spaces(hanging ?? beginning.count + 2)
    var lines: [String] = []
    var current: [Substring] = []
    func text(_ words: some Sequence<Substring>) -> String {
        (lines.isEmpty ? String(beginning) : hanging) + words.joined(separator: " ")
    }
    for word in words(line.dropFirst(beginning.count)) {
        if !current.isEmpty && text(current + [word]).columns > pageWidth {
            // Not far before the end, a line rather ends where a part of the sentence does.
            let end = current.lastIndex { ",;:".contains($0.last ?? " ") }.map { $0 + 1 } ?? current.count
            let kept = text(current[..<end]).columns >= pageWidth * 3 / 4 ? end : current.count
            lines.append(text(current[..<kept]).withoutTrailingSpaces)
            current.removeFirst(kept)
        }
        current.append(word)
    }
    return lines + [text(current).withoutTrailingSpaces]
}

extension String {
    var withoutTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// Splits at spaces; a quoted text (a command, a name) is one word.
private func words(_ text: Substring) -> [Substring] {
    var words: [Substring] = []
    var rest = text
    while !rest.isEmpty {
        var end = rest.firstIndex(of: " ") ?? rest.endIndex
        if rest.first == "'", let quote = rest.dropFirst().firstIndex(of: "'") {
            end = rest[quote...].firstIndex(of: " ") ?? rest.endIndex
        }
        words.append(rest[..<end])
        rest = rest[end...].dropFirst()
    }
    return words
}

/// In at most `width` columns, without its middle if it has more.
func shortened(_ text: String, to width: Int) -> String {
    guard text.count > width, width > 0 else { return text }
    let tail = (width - 1) / 2
    return text.prefix(width - 1 - tail) + "…" + text.suffix(tail)
}

extension String {
    /// The library's looks at each character; nearly no name has one that is to be replaced.
    func replacing(_ sign: String, with other: String) -> String {
        guard let first = sign.utf8.first, utf8.contains(first) else { return self }
        return replacing(sign, with: other, maxReplacements: .max)
    }
}

func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

func pad(_ text: String, to width: Int) -> String { text + spaces(width - text.columns) }
