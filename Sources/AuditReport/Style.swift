import AuditCore

/// The style of text: with emphasis by ANSI escape sequences or none, paths relative to a directory, and at most so many
/// stacks.
public struct Style: Sendable {
    public let coloured: Bool
    /// Names of the reader's directory: source files below it are shown relative to it.
    private let directories: [String]
    /// How many stacks are shown where not all are.
    let stacks: Int

    public init(coloured: Bool, directories: [String] = [], stacks: Int = 5) {
        self.coloured = coloured
        self.stacks = stacks
        self.directories = directories.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    }

    /// The reader's directory, with a `/` behind it.
    var directory: String? { directories.first }

    func path(_ path: String) -> String { printable(relative(path) ?? path) }

    /// From the reader's directory on; nil if it is not below that.
    func relative(_ path: String) -> String? {
        guard let directory = directories.first(where: path.hasPrefix) else { return nil }
        return String(path.dropFirst(directory.count))
    }

    func strong(_ text: String) -> String { wrap(text, "1") }

    func verdict(_ verdict: Verdict, padded width: Int = 0) -> String {
        let code =
            switch verdict {
            case .pass: "32"
            case .fail: "1;31"
            case .inconclusive: "33"
            }
        return wrap(pad(verdict.rawValue, to: width), code)
    }

    func wrap(_ text: String, _ code: String) -> String {
        coloured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
