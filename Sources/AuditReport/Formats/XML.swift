import AuditCore

/// Text that becomes an XML 1.0 document, element by element.
struct XML {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private var open: [String] = []

    private var indent: String { spaces(2 * open.count) }

    mutating func begin(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        text += "\(indent)<\(name)\(Self.attributes(attributes))>\n"
        open.append(name)
    }

    mutating func end() {
        let name = open.removeLast()
        text += "\(indent)</\(name)>\n"
    }

    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], content: String? = nil
    ) {
        text += "\(indent)<\(name)\(Self.attributes(attributes))"
        text += content.map { ">\(escaped($0))</\(name)>\n" } ?? "/>\n"
    }

    private static func attributes(_ attributes: KeyValuePairs<String, String>) -> String {
        attributes.map { " \($0.key)=\"\(escaped($0.value).replacing("\n", with: "&#10;"))\"" }.joined()
    }
}

/// Markup is spelled by entities, and so `]]>` too. What XML 1.0 has no characters for, by entities neither, is replaced; what
/// people look at went through `printable` before.
private func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "\n", "\t", " "..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"...: result.unicodeScalars.append(scalar)
        default: result += "\u{FFFD}"
        }
    }
}
