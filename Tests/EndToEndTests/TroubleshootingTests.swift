import Foundation
import Testing

/// A reader greps docs/troubleshooting.md for the message that dioaudit gave.
@Suite struct TroubleshootingTests {
    /// In its headings, with `…` for what differs.
    private static let messages: [String] = {
        let page = (try? String(contentsOfFile: Place.repository + "docs/troubleshooting.md", encoding: .utf8)) ?? ""
        return page.split(separator: "\n").filter { $0.hasPrefix("### ") }
            .flatMap { $0.matches(of: /`([^`]+)`/).map { String($0.1) } }
    }()

    @Test func thereAreMessages() {
        #expect(Self.messages.count >= 35)
    }

    @Test func eachStandsInTheCode() throws {
        let texts = try Self.sources().flatMap { path in
            var literals = SwiftLiterals(try String(contentsOfFile: path, encoding: .utf8))
            return literals.texts()
        }
        #expect(texts.count > 2000)
        for message in Self.messages {
            let words = message.trimmingCharacters(in: CharacterSet(charactersIn: "… "))
            #expect(texts.contains { $0.contains(words) }, "'\(message)' is said nowhere: it was changed, or removed")
        }
    }

    @Test func literalsAreRead() {
        var literals = SwiftLiterals(
            #"""
            let a = "\(name(of: "it")) did \(plural(x, "time"))\(y) " // "no"
                + "and \"ended\"", b = "" + c + "d"
            """#)
        #expect(literals.texts() == ["… did … and \"ended\"", "", "d"])
    }

    private static func sources() throws -> [String] {
        let names = try #require(FileManager.default.enumerator(atPath: Place.repository + "Sources"))
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
            Place.repository + "Sources/\($0)"
        }
    }
}

/// The string literals of Swift code: those that `+` joins are one, and what is interpolated is `…`.
private struct SwiftLiterals {
    private var rest: Substring

    init(_ code: String) { rest = Substring(code) }

    mutating func texts() -> [String] {
        var texts: [String] = []
        // What stands between the last literal and here is a plus alone.
        var joins = false
        while let character = rest.first {
            if rest.hasPrefix("//") {
                rest = rest.drop { $0 != "\n" }
            } else if character == "\"" {
                let text = literal()
                if joins { texts[texts.count - 1] += text } else { texts.append(text) }
                joins = follows("+", before: "\"")
            } else {
                rest = rest.dropFirst()
            }
        }
        return texts.map { $0.replacing(/…( ?…)+/, with: "…") }
    }

    /// Skips the sign if a literal is next, and a comment before it.
    private mutating func follows(_ sign: Character, before next: Character) -> Bool {
        var ahead = skippingBlanks(rest)
        guard ahead.first == sign else { return false }
        ahead = skippingBlanks(ahead.dropFirst())
        guard ahead.first == next else { return false }
        rest = ahead
        return true
    }

    private func skippingBlanks(_ text: Substring) -> Substring {
        let text = text.drop(while: \.isWhitespace)
        return text.hasPrefix("//") ? skippingBlanks(text.drop { $0 != "\n" }) : text
    }

    private mutating func literal() -> String {
        let quotes = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        rest = rest.dropFirst(quotes.count)
        var text = ""
        while let character = rest.first, !rest.hasPrefix(quotes) {
            rest = rest.dropFirst()
            guard character == "\\" else {
                text.append(character)
                continue
            }
            if rest.first == "(" {
                interpolation()
                text += "…"
            } else {
                text += String(rest.prefix(1))
                rest = rest.dropFirst()
            }
        }
        rest = rest.dropFirst(quotes.count)
        return text
    }

    private mutating func interpolation() {
        var depth = 0
        repeat {
            if rest.first == "\"" {
                _ = literal()
                continue
            }
            if rest.first == "(" { depth += 1 }
            if rest.first == ")" { depth -= 1 }
            rest = rest.dropFirst()
        } while depth > 0 && !rest.isEmpty
    }
}
