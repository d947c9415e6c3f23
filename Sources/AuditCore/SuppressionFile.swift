extension Suppression {
    /// Reads a file of suppressions: `docs/suppressions.md` says how one is written. Whatever is not understood is an
    /// error, since an entry that silently means something else hides a violation.
    ///
    /// - Parameter file: the path, for messages.
    public static func all(in bytes: some Collection<UInt8>, file: String) throws(AuditError) -> [Suppression] {
        var reader = Reader(file: file)
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            try reader.read(line, number: index + 1)
        }
        return try reader.finish()
    }
}

/// Takes a file line by line.
private struct Reader {
    typealias Text = ArraySlice<Unicode.Scalar>

    /// An entry whose `}` has not come yet.
    private struct Draft {
        let line: Int
        let column: Int
        var name: String?
        var kinds: Set<EventKind>?
        var frames: [(text: String, place: Pattern<Suppression.FramePattern>.Place)] = []
    }

    private static let layout =
        "an entry is '{', then its name, its kinds, its frames from the innermost on, and '}', each on a line of its own"

    private let file: String
    private var line = 0
    private var draft: Draft?
    private var found: [Suppression] = []

    init(file: String) {
        self.file = file
    }

    mutating func read(_ bytes: some Sequence<UInt8>, number: Int) throws(AuditError) {
        line = number
        let text = trimmed(withoutComment(trimmed(try scalars(bytes)[...])))
        guard let first = text.first else { return }
        if var draft {
            // A second owner would copy all its frames at each line.
            self.draft = nil
            if text.elementsEqual(["}"]) {
                found.append(try suppression(draft, closedAt: text.startIndex))
            } else {
                try add(text, to: &draft)
                self.draft = draft
            }
        } else if text.elementsEqual(["{"]) {
            draft = Draft(line: line, column: text.startIndex + 1)
        } else {
            let what = first == "{" ? "text after '{'" : "'\(string(text))' stands outside of any '{' … '}'"
            throw error(what, at: text.startIndex, Self.layout)
        }
    }

    func finish() throws(AuditError) -> [Suppression] {
        guard let draft else { return found }
        throw error("this '{' has no '}'", line: draft.line, column: draft.column, Self.layout)
    }

    // MARK: entries

    private func add(_ text: Text, to draft: inout Draft) throws(AuditError) {
        if text.first == "{" || text.first == "}" {
            throw error("'\(string(text))' inside an entry", at: text.startIndex, Self.layout)
        } else if draft.name == nil {
            draft.name = string(text)
        } else if draft.kinds == nil {
            draft.kinds = try kinds(text)
        } else {
            draft.frames.append((withoutInnerBlanks(text), try frame(text)))
        }
    }

    private func suppression(_ draft: Draft, closedAt index: Int) throws(AuditError) -> Suppression {
        guard let name = draft.name else {
            throw error("an entry without a name", at: index, Self.layout)
        }
        guard let kinds = draft.kinds else {
            throw error("the entry '\(name)' names no kind of event", at: index, Self.layout)
        }
        guard !draft.frames.isEmpty else {
            throw error(
                "the entry '\(name)' has no frames", at: index,
                "name at least the innermost one, or write '...' to suppress every event of its kinds")
        }
        return Suppression(name: name, file: file, line: draft.line, kinds: kinds, frames: draft.frames)
    }

    private func kinds(_ text: Text) throws(AuditError) -> Set<EventKind> {
        if text.elementsEqual(["*"]) { return Set(EventKind.allCases) }
        var kinds = Set<EventKind>()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = trimmed(part)
            guard let kind = EventKind(rawValue: string(name)) else {
                throw error(
                    "no such kind of event: '\(string(name))'", at: name.startIndex,
                    "the second line of an entry is '*', or with commas between them: "
                        + EventKind.allCases.map(\.rawValue).joined(separator: ", "))
            }
            kinds.insert(kind)
        }
        return kinds
    }

    // MARK: frames

    private func frame(_ text: Text) throws(AuditError) -> Pattern<Suppression.FramePattern>.Place {
        if text.elementsEqual("...".unicodeScalars) { return .run }
        if let name = rest(of: text, after: "fun:") { return .one(.function(try glob(name))) }
        if let path = rest(of: text, after: "obj:") { return .one(.module(try glob(path))) }
        if let place = rest(of: text, after: "src:") {
            guard let colon = lastColon(in: place) else { return .one(.source(try glob(place), line: nil)) }
            return .one(.source(try glob(place[..<colon]), line: try lineNumber(place[(colon + 1)...])))
        }
        throw error(
            "'\(string(text))' is no frame", at: text.startIndex,
            "a frame is 'fun:' and a function, 'src:' and a source file, 'obj:' and a module's path, or '...'")
    }

    private func rest(of text: Text, after prefix: String) -> Text? {
        guard text.starts(with: prefix.unicodeScalars) else { return nil }
        return trimmed(text.dropFirst(prefix.unicodeScalars.count))
    }

    /// As its pattern is read: blanks behind `fun:` and its like mean nothing.
    private func withoutInnerBlanks(_ frame: Text) -> String {
        string(frame.prefix(4)) + string(trimmed(frame.dropFirst(4)))
    }

    private func lastColon(in text: Text) -> Int? {
        var colon: Int?
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == ":" { colon = index }
            index += text[index] == "\\" ? 2 : 1
        }
        return colon
    }

    private func lineNumber(_ text: Text) throws(AuditError) -> Int {
        guard text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(string(text)), number > 0 else {
            throw error(
                "'\(string(text))' is no line number", at: text.startIndex,
                "write 'src:FILE' or 'src:FILE:LINE', and '\\:' for a colon in the file's name")
        }
        return number
    }

    private func glob(_ text: Text) throws(AuditError) -> Glob {
        guard !text.isEmpty else {
            throw error("an empty pattern", at: text.startIndex, "say what to match, or '*' for anything")
        }
        do {
            return try Glob(text)
        } catch {
            throw self.error(
                "'\\' before a character that needs none", at: error.index,
                "write '\\\\' for a backslash; '\\*', '\\?', '\\:' and '\\#' stand for those characters")
        }
    }

    // MARK: text

    private func scalars(_ bytes: some Sequence<UInt8>) throws(AuditError) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue("\0"):
                throw error("a NUL character", at: scalars.count, "write the file as text")
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return scalars
            case .error: throw error("this is not UTF-8", at: scalars.count, "save the file as UTF-8")
            }
        }
    }

    /// A `#` first in a line begins a comment. Elsewhere it does so only with a blank on either side of it: functions
    /// have some in their names, `closure #1 in main`.
    private func withoutComment(_ text: Text) -> Text {
        let comment = text.indices.first { index in
            guard text[index] == "#" else { return false }
            if index == text.startIndex { return true }
            return text[index - 1].isBlank && (index + 1 == text.endIndex || text[index + 1].isBlank)
        }
        return text[..<(comment ?? text.endIndex)]
    }

    private func trimmed(_ text: Text) -> Text {
        let start = text.drop(while: \.isBlank)
        let end = start.lastIndex { !$0.isBlank }
        return end.map { start[...$0] } ?? start
    }

    private func string(_ text: Text) -> String {
        String(String.UnicodeScalarView(text))
    }

    // MARK: errors

    /// - Parameter index: of the character in its line.
    private func error(_ what: String, at index: Int, _ remedy: String) -> AuditError {
        error(what, line: line, column: index + 1, remedy)
    }

    private func error(_ what: String, line: Int, column: Int, _ remedy: String) -> AuditError {
        AuditError(what, at: "\(file):\(line):\(column)", remedy: remedy, exit: .badInput)
    }
}
