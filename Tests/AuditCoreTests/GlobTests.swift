import Foundation
import Testing

@testable import AuditCore

/// Patterns mean here what they mean in the interposer: `InterposerTests` gives it the same table.
@Suite struct GlobTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let pattern: String
        let text: String
        let matches: Bool
        var testDescription: String { "\(pattern) \(text)" }

        /// `%XX` stands for a byte.
        init(_ line: Substring) {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            pattern = Self.decode(parts[0])
            text = Self.decode(parts[1])
            matches = parts[2] == "yes"
        }

        private static func decode(_ text: String) -> String {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                if byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    static let table: [Row] = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try! String(contentsOf: tests.appending(path: "globs.txt"), encoding: .utf8)
        return text.split(separator: "\n").map(Row.init)
    }()

    @Test(arguments: table) func matchesAsTheTableSays(row: Row) throws {
        #expect(try Glob(Array(row.pattern.unicodeScalars)[...]).matches(row.text) == row.matches)
    }

    @Test(arguments: ["thread:", "thread:a\\b", "thread:" + String(repeating: "ö", count: 32)])
    func aScopeThatNobodyCouldMatchIsNone(text: String) {
        #expect(Scope(text) == nil)
    }

    @Test func theLongestPatternFits() {
        let pattern = String(repeating: "x", count: Scope.longestPattern)
        #expect(Scope("thread:" + pattern) == .threads(pattern: pattern))
    }
}
