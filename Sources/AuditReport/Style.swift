import AuditCore

/// Emphasis by ANSI escape sequences, or none.
public struct Style: Sendable {
    public let coloured: Bool

    public init(coloured: Bool) {
        self.coloured = coloured
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

func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
