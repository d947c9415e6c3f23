import AuditCore

/// A place in a file, both from 1 on; columns count characters.
public struct Place: Equatable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A value of a YAML file, as it was written: what a text means is for the key that it belongs to, since YAML 1.1 and 1.2 differ about
/// `no`, `0777` and `1e3`.
struct Node: Sendable {
    enum Content: Sendable {
        /// A plain one is not quoted.
        case text(String, isPlain: Bool)
        case list([Node])
        case mapping([Pair])
    }

    struct Pair: Sendable {
        let key: String
        /// Of the key.
        let place: Place
        let value: Node
    }

    let content: Content
    let place: Place
    /// Values in it, itself among them; an alias has those of what it stands for.
    let size: Int

    /// In an error's words.
    var kind: String {
        switch content {
        case .text("", isPlain: true): "nothing"
        case .text: "a text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// Up to its last `/`; empty for a file of the working directory.
func directory(of file: String) -> String { file.lastIndex(of: "/").map { String(file[...$0]) } ?? "" }

/// A path as a file has it: a relative one starts from the file's directory.
func path(_ path: String, in file: String) -> String { path.hasPrefix("/") ? path : directory(of: file) + path }

/// An error at a place in a file.
func wrong(_ what: String, _ file: String, _ place: Place, _ remedy: String) -> AuditError {
    AuditError(what, at: "\(file):\(place.line):\(place.column)", remedy: remedy, exit: .badInput)
}
