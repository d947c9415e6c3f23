import Foundation
import Testing

@testable import AuditCore
@testable import AuditReport

/// What our reader of JSON takes, and what it makes of it, is what Foundation's does.
@Suite struct JSONReaderTests {
    private struct Value: Decodable, Equatable {
        var text: String?
        var number: UInt64?
        var signed: Int32?
        var half: Double?
        var flag: Bool?
        var list: [[Int]]?
        var counts: [String: UInt64]?
    }

    private func expectTheSame(_ bytes: [UInt8]) {
        let ours = try? readJSON(Value.self, bytes)
        #expect(ours == (try? readJSON(Value.self, inPiecesOfOne: bytes)), "wherever a piece ends")
        let theirs = try? JSONDecoder().decode(Value.self, from: Data(bytes))
        #expect(ours == theirs, "\(String(decoding: bytes, as: UTF8.self))")
    }

    @Test(arguments: [
        #"{}"#, #" { "text" : "a" } "#, #"{"text": "\"\\\/\b\f\n\r\t"}"#,
        #"{"text": "\u00e9\u20AC\uD83D\uDE00 long enough to be kept"}"#,
        #"{"text": "\uD83D"}"#, #"{"text": "\uDE00"}"#, #"{"text": "\uD83Dx"}"#, #"{"text": "\u12"}"#,
        #"{"text": "\x"}"#,
        #"{"text": "é€😀"}"#, "{\"text\": \"a\nb\"}", "{\"text\": \"a\u{0}\"}", #"{"text": 1}"#, #"{"text": null}"#,
        #"{"number": 18446744073709551615}"#, #"{"number": 18446744073709551616}"#, #"{"number": -1}"#,
        #"{"number": 01}"#,
        #"{"number": +1}"#, #"{"number": 1.}"#, #"{"number": .5}"#, #"{"number": 0}"#, #"{"number": 1.5}"#,
        #"{"number": "1"}"#,
        #"{"signed": -2147483648}"#, #"{"signed": -2147483649}"#, #"{"signed": -}"#, #"{"half": -0.5e-3}"#,
        #"{"half": 1E+2}"#,
        #"{"half": 1e400}"#, #"{"half": 1e}"#, #"{"half": NaN}"#, #"{"half": 7}"#, #"{"flag": true}"#,
        #"{"flag": false}"#,
        #"{"flag": tru}"#, #"{"flag": 1}"#, #"{"list": []}"#, #"{"list": [[], [1, 2], [-3]]}"#,
        #"{"list": [,]}"#,
        #"{"list": [[1] [2]]}"#, #"{"list": [null]}"#, #"{"list": [[1}]}"#, #"{"list": {"a": 1}}"#,
        #"{"counts": {"b": 1, "a": 2}}"#,
        #"{"counts": {"a\u0062": 1}}"#, #"{"counts": []}"#,
        #"{"other": [{"deep": [1, {"text": "no"}]}], "text": "yes"}"#,
        #"{"t\u0065xt": "a"}"#, #"{"text" "a"}"#, #"{text: "a"}"#, #"{,}"#, #"{"text": "a"} x"#,
        #"{"text": "a"}}"#,
        #"["text"]"#, "\"text\"", "null", "", " ", "{", "[", "}", #"{"text"#, #"{"text": "a\"#, #"{"text": "a\u"#,
    ]) func aTextIsTakenAsByFoundation(text: String) { expectTheSame(Array(text.utf8)) }

    /// Foundation's takes these, where nobody asks for the string.
    @Test(arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80], [0x80]])
    func whatIsNoUTF8IsNone(bytes: [UInt8]) {
        for key in ["text", "other"] {
            let text = Array("{\"\(key)\": \"".utf8) + bytes + Array("\"}".utf8)
            #expect(throws: JSONProblem.self) { try readJSON(Value.self, text) }
        }
    }

    /// Which of the two counts is for no reader to choose: Foundation's takes one of them.
    @Test(arguments: [
        #"{"text": "a", "text": "b"}"#, #"{"text": "a", "t\u0065xt": "a"}"#, #"{"other": [{"x": 1, "y": 2, "x": 1}]}"#,
        "{\((0..<100).map { "\"k\($0 % 99)\": 1" }.joined(separator: ","))}",
    ]) func aKeyStandsOnce(text: String) {
        #expect(throws: JSONProblem.self) { try readJSON(Value.self, Array(text.utf8)) }
    }

    /// The same frames, and the same names, take the memory of one.
    @Test func whatStandsAgainIsKeptOnce() throws {
        func size(_ count: Int) throws -> (words: Int, texts: Int) {
            let frames = Array(repeating: #"{"function": "f", "line": 7, "module": "/usr/bin/subject"}"#, count: count)
            let bytes = Array("[\(frames.joined(separator: ", "))]".utf8)
            var isRead = false
            let document = try JSONDocument(size: bytes.count) { buffer in
                if isRead { return 0 }
                isRead = true
                buffer.copyBytes(from: bytes)
                return bytes.count
            }
            return (document.wordCount, document.textCount)
        }
        let (one, many) = (try size(1), try size(1000))
        #expect(one.texts == 5 && many.texts == 5)
        #expect(many.words == one.words + 999, "a word for each")
    }

    /// What stood there before is taken as it was read then: no more and no less of a line.
    @Test(arguments: [
        [#"{"text": "a"}"#, #"{"text": "b"}"#], [#"{"text": "a}"}"#, #"{"text": "a}", "number": 1}"#],
        [#"{"text": "a"}"#, #"{"text": "a"}}"#], [#"{"text": "a"}"#, #"{"text": "a"} "#, #"{"text": "a"}]"#],
        [#"{"list": [[1]]}"#, #"{"list": [[1]]}}"#], [#"{"text": "a"}, {"text": "b"}"#], [#"{"text": "a", "}"#],
        [#"{"counts": {"a": 1}}"#, #"{"a": 1}}"#], [#"{"number": 1}"#, #"{"number": 1}, 2"#],
    ]) func anObjectOnALineIsReadAsElsewhere(lines: [String]) {
        for line in lines {
            let text = Array("[\n\((lines.dropLast() + lines.dropLast() + [line]).joined(separator: ",\n"))\n]".utf8)
            let ours = try? readJSON([Value].self, text)
            #expect(ours == (try? JSONDecoder().decode([Value].self, from: Data(text))), "\(line)")
            #expect(ours == (try? readJSON([Value].self, inPiecesOfOne: text)), "wherever a piece ends")
        }
    }

    /// It is JSON all the same.
    @Test func whatNobodyAsksForIsNotKept() throws {
        func read(_ text: String) throws -> Value { try readJSON(Value.self, without: "list", Array(text.utf8)) }
        let skipped = #"[{"a": ["x", 1.5, null, "\u00e9"]}, {"text": "no"}]"#
        let value = try read(#"{"text": "a", "list": \#(skipped), "number": 7, "counts": {"b": 2}}"#)
        #expect(value == Value(text: "a", number: 7, counts: ["b": 2]))
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        for bad in ["[1", "[1}", #"["\x"]"#, "[01]", "[tru]", "[,]", deep, "[]x", #"[], "list": []"#] {
            #expect(throws: JSONProblem.self, "\(bad)") { try read(#"{"text": "a", "list": \#(bad)}"#) }
        }
    }

    @Test func aStringIsBounded() {
        let text = "[\"" + String(repeating: "x", count: 1 << 24) + "\"]"
        #expect(throws: JSONProblem.self) { try readJSON([String].self, Array(text.utf8)) }
    }

    /// Foundation's takes a comma there.
    @Test(arguments: [#"{"list": [[1,]]}"#, #"{"text": "a",}"#]) func aCommaAnnouncesAValue(text: String) {
        #expect(throws: JSONProblem.self) { try readJSON(Value.self, Array(text.utf8)) }
    }

    /// A dictionary of a million keys takes no million times a million steps, and neither does a key that stands last.
    @Test func manyKeysAreReadInTheirOrder() throws {
        let keys = (0..<100_000).map { "\"key number \($0)\": \($0)" }.joined(separator: ",")
        let value = try readJSON(Value.self, Array("{\"counts\": {\(keys)}}".utf8))
        #expect(value.counts?.count == 100_000 && value.counts?["key number 99999"] == 99_999)
    }

    @Test func aProblemHasItsPlace() {
        for (text, place) in [("{\n  \"schema\": }", "a.json:2:13"), ("{}\n\nx", "a.json:3:1"), ("", "a.json:1:1")] {
            #expect(throws: AuditErrorAt(place)) { try AuditErrorAt.of(text) }
        }
    }
}

private struct AuditErrorAt: Error, Equatable {
    let place: String

    init(_ place: String) { self.place = place }

    static func of(_ text: String) throws {
        do throws(AuditError) { _ = try Report(stored: Array(text.utf8), at: "a.json") } catch {
            throw AuditErrorAt(error.place)
        }
    }
}

private func readJSON<Value: Decodable>(_ type: Value.Type, inPiecesOfOne bytes: [UInt8]) throws -> Value {
    var rest = bytes[...]
    return try readJSON(type) { buffer in
        guard let byte = rest.popFirst() else { return 0 }
        buffer[0] = byte
        return 1
    }
}
