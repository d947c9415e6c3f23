import AuditCore
import Foundation
import Testing

@testable import AuditReport

/// The report's JSON is written by a writer of our own, in pieces.
@Suite struct JSONTests {
    private struct Values: Encodable {
        var zeroes = [0.0, -0.0]
        var numbers = [1.0, 0.25, 1e-9, 1e20, 1234.5]
        var least = Int64.min
        var most = UInt64.max
        var small: [Int8] = [-1, 0]
        var flags = [true, false]
        var nothing: Int?
        @Nullable var null: Int?
        var empty: [Int] = []
        var members: [String: [String]] = ["b": [], "a": ["x"]]
        var none: [String: Int] = [:]
        var optional: [Int?] = [nil, 1]
        var text = "\"\\/\u{0}\u{8}\n\r\t\u{1F}\u{7F}\u{85}é\u{202E}\u{2028}\u{1F600}\u{E0001}"
        var frames = (0..<3).map { Frame(function: "f\"\($0 % 2)", module: "/x", offset: UInt64($0 % 2)) }
    }

    private func parsed(_ text: some Sequence<UInt8>) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(text)) as? NSDictionary)
    }

    @Test func itSaysWhatFoundationsWould() throws {
        #expect(try parsed(json(Values()).utf8) == parsed(JSONEncoder().encode(Values())))
        for example in [Example(), .largest] {
            let report = Report(machine: Example.machine, files: Example.files, audits: [example.audit()])
            #expect(try parsed(json(report).utf8) == parsed(JSONEncoder().encode(report)))
        }
    }

    @Test func itIsLaidOutForDiffAndFramesStandOnOneLine() throws {
        let lines = try json(Values()).split(separator: "\n")
        #expect(lines.first == "{" && lines.last == "}")
        let keys = lines.compactMap { $0.wholeMatch(of: #/  "(\w+)": .*/#)?.1 }
        #expect(keys == keys.sorted() && keys.count == 13)
        let frames = lines.filter { $0.contains("function") }
        #expect(
            frames.first
                == #"    {"file": null, "function": "f\"0", "inlined": false, "line": null, "module": "/x", "offset": 0},"#
        )
        #expect(frames.count == 3 && lines.contains(#"  "empty": [],"#) && lines.contains(#"  "none": {},"#))
    }

    @Test func whatJSONHasNotIsAnError() {
        #expect(throws: EncodingError.self) { try json([Double.nan]) }
    }

    /// However many there are, no more than a piece is kept.
    @Test func itComesInPieces() throws {
        var pieces: [Int] = []
        try writeJSON((0..<100_000).map { "element \($0)" }) { pieces.append($0.count) }
        #expect(pieces.count > 20 && pieces.allSatisfy { $0 < 1 << 17 })
        struct Full: Error {}
        #expect(throws: Full.self) { try writeJSON([1]) { _ in throw Full() } }
    }
}
