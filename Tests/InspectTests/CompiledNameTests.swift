import Foundation
import Testing

@testable import Inspect

/// A just-in-time compiler's map, which anything may have written.
@Suite struct CompiledNameTests {
    private func names(_ text: String, at addresses: [UInt64]) throws -> [String?] {
        let file = try #require(tmpfile())
        defer { fclose(file) }
        fputs(text, file)
        fflush(file)
        return compiledNames(fileno(file), addresses)
    }

    @Test func theFunctionThatHoldsAnAddressIsFound() throws {
        let found = try names("1000 10 first\n1010 20 second one\n", at: [0x1010, 0x1000, 0xfff, 0x102f, 0x1030])
        #expect(found == ["second one", "first", nil, "second one", nil])
    }

    @Test func codeThatWasCompiledLaterHolds() throws {
        #expect(try names("1000 100 old\n1080 10 new\n", at: [0x107f, 0x1080, 0x1090]) == ["old", "new", "old"])
    }

    @Test func whatIsNoLineOfAMapIsNoName() throws {
        let text =
            "\n \n1000\n1000 10\nx 10 a\n1000 -1 b\nfffffffffffffff0 20 end\n10000000000000000 1 c\n2000 0 empty\n3000 1 d"
        #expect(try names(text, at: [0x1000, 0x2000, .max - 1, 0x3000]) == [nil, nil, "end", "d"])
    }
}
