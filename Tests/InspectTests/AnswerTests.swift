import Testing

@testable import Inspect

/// What the parser says is not trusted: its parent takes what fits, and nothing else.
@Suite struct AnswerTests {
    private let example = NamedAddress(
        address: 7,
        names: [
            Name(function: "inner", file: "a.c", line: 3, inlined: true), Name(function: "outer", inlined: false),
        ])

    @Test func anAnswerIsReadAsItWasWritten() throws {
        var writer = ByteWriter()
        example.write(to: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try NamedAddress(from: &reader) == example)
        try reader.end()
    }

    @Test func anAnswerThatEndsEarlyIsNone() {
        var writer = ByteWriter()
        example.write(to: &writer)
        for length in 0..<writer.bytes.count {
            var reader = ByteReader(Array(writer.bytes.prefix(length)))
            #expect(throws: ByteReader.Malformed.self) { try NamedAddress(from: &reader) }
        }
    }

    @Test(arguments: [UInt64.max, 1 << 63, 1 << 32, 2]) func countsAndLengthsAreNotBelieved(number: UInt64) {
        var writer = ByteWriter()
        writer.put(7)
        writer.put(number)
        var reader = ByteReader(writer.bytes)
        #expect(throws: ByteReader.Malformed.self) { try NamedAddress(from: &reader) }
        reader = ByteReader(Array(writer.bytes.dropFirst(8)))
        #expect(throws: ByteReader.Malformed.self) { try reader.text() }
        reader = ByteReader(Array(writer.bytes.dropFirst(8)))
        #expect(throws: ByteReader.Malformed.self) { try reader.flag() }
    }

    /// The last name is the function's, without which the others are of nothing.
    @Test func namesWithoutTheirFunctionAreNone() {
        for names in [[], [Name(function: "inner", inlined: true)]] {
            var writer = ByteWriter()
            NamedAddress(address: 7, names: names).write(to: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(throws: ByteReader.Malformed.self) { try NamedAddress(from: &reader) }
        }
    }
}
