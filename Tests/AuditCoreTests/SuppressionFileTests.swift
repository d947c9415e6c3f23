import AuditCore
import Testing

/// How a file of suppressions is read.
@Suite struct SuppressionFileTests {
    private static let example = """
        # comment
        {
           name of this entry          # a comment
           malloc,mmap                 # another
           fun:closure #1 in log_message
           src:log.c:120
           obj:*/libfoo.so*
           ...
        }

        {
        #
        second
        *
        ...
        }

        """

    private func read(_ text: String) throws -> [Suppression] {
        try Suppression.all(in: Array(text.utf8), file: "file")
    }

    private func refusal(of bytes: [UInt8]) -> AuditError? {
        do {
            _ = try Suppression.all(in: bytes, file: "file")
            return nil
        } catch {
            return error
        }
    }

    /// Both an entry of many frames and many entries take the time of their lines.
    @Test func aLongFileTakesTheTimeOfItsLines() throws {
        let frames = String(repeating: "fun:f\n", count: 80_000)
        let entries = String(repeating: "{\nn\nmalloc\nfun:f\n}\n", count: 16_000)
        let clock = ContinuousClock()
        var count = 0
        let time = try clock.measure {
            count += try Suppression.all(in: Array("{\nn\nmalloc\n\(frames)}\n".utf8), file: "frames").count
            count += try Suppression.all(in: Array(entries.utf8), file: "entries").count
        }
        #expect(count == 16_001)
        #expect(time < .seconds(20))
    }

    @Test func entriesHaveNamesAndPlaces() throws {
        let entries = try read(Self.example)
        #expect(entries.map(\.name) == ["name of this entry", "second"])
        #expect(entries.map(\.file) == ["file", "file"])
        #expect(entries.map(\.line) == [2, 11])
    }

    @Test func blanksAndLineEndingsDoNotMatter() throws {
        let plain = try read(Self.example)
        #expect(try read(Self.example.replacing("\n", with: "\r\n")) == plain)
        #expect(try read(Self.example.replacing("   ", with: "\t ")) == plain)
        #expect(try read("\u{FEFF}" + Self.example) == plain)
        #expect(try read(Self.example.replacing("fun:", with: "fun: \t")) == plain)
        #expect(try read(String(Self.example.dropLast(1))) == plain)
    }

    @Test(arguments: ["", "\n", "# only\n  # comments", "\r\n\t"]) func anEmptyFileHasNone(text: String) throws {
        #expect(try read(text).isEmpty)
    }

    @Test(arguments: [
        ("malloc", "1:1", "outside"),
        ("# x\n  }", "2:3", "outside"),
        ("{ x", "1:1", "text after"),
        (" {", "1:2", "no '}'"),
        ("{\nx\nmalloc\nfun:f\n", "1:1", "no '}'"),
        ("{\n}", "2:1", "without a name"),
        ("{\nx\n }", "3:2", "no kind"),
        ("{\nx\nmalloc\n}", "4:1", "no frames"),
        ("{\nx\n{", "3:1", "inside an entry"),
        ("{\nx\n} }", "3:1", "inside an entry"),
        ("{\nx\nmallok\nfun:f\n}", "3:1", "no such kind of event: 'mallok'"),
        ("{\nx\nmalloc, fre\nfun:f\n}", "3:9", "no such kind of event: 'fre'"),
        ("{\nx\nmalloc,\nfun:f\n}", "3:8", "no such kind of event: ''"),
        ("{\nx\n*,malloc\nfun:f\n}", "3:1", "no such kind of event: '*'"),
        ("{\nmalloc\nfun:f\n}", "3:1", "no such kind"),
        ("{\nx\n*\n  func:f\n}", "4:3", "no frame"),
        ("{\nx\n*\n....\n}", "4:1", "no frame"),
        ("{\nx\n*\nfun:\n}", "4:5", "empty pattern"),
        ("{\nx\n*\nobj: # f\n}", "4:5", "empty pattern"),
        ("{\nx\n*\nsrc::12\n}", "4:5", "empty pattern"),
        ("{\nx\n*\nsrc:f.c:\n}", "4:9", "no line number"),
        ("{\nx\n*\nsrc:f.c:1x\n}", "4:9", "no line number"),
        ("{\nx\n*\nsrc:f.c:0\n}", "4:9", "no line number"),
        ("{\nx\n*\nsrc:f.c:+1\n}", "4:9", "no line number"),
        ("{\nx\n*\nsrc:f.c:99999999999999999999\n}", "4:9", "no line number"),
        ("{\nx\n*\nfun:a\\b\n}", "4:6", "needs none"),
        ("{\nx\n*\nfun:ü\\\n}", "4:6", "needs none"),
        ("{\nx\0\n*\nfun:f\n}", "2:2", "NUL"),
    ]) func whatIsMalformedHasItsPlace(text: String, place: String, what: String) throws {
        let error = try #require(refusal(of: Array(text.utf8)))
        #expect(error.exit == .badInput)
        #expect(error.place == "file:\(place)")
        #expect(error.what.contains(what), "\(error)")
        #expect(!error.remedy.isEmpty)
    }

    @Test(arguments: [[0xFF], [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98]] as [[UInt8]])
    func otherEncodingsAreErrors(bytes: [UInt8]) throws {
        let error = try #require(refusal(of: Array("{\n\tü".utf8) + bytes + Array("\n*\n...\n}".utf8)))
        #expect(error.place == "file:2:3")
        #expect(error.what.contains("UTF-8"))
        #expect(error.exit == .badInput)
    }

    /// Whatever stands in a file: entries, or an error that stands within the file.
    @Test func everyFileIsReadOrHasAnError() throws {
        var random = SeededGenerator(seed: 3)
        var outcomes = (read: 0, refused: 0)
        for round in 0..<6000 {
            let bytes = round % 3 == 0 ? random.bytes() : random.mutation(of: Array(Self.example.utf8))
            guard let error = refusal(of: bytes) else {
                outcomes.read += 1
                continue
            }
            outcomes.refused += 1
            #expect(error.exit == .badInput)
            let numbers = error.place.split(separator: ":").dropFirst().map { Int($0) ?? 0 }
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            try #require(numbers.count == 2 && (1...lines.count).contains(numbers[0]), "\(error.place): \(bytes)")
            #expect((1...lines[numbers[0] - 1].count + 1).contains(numbers[1]), "\(error.place): \(bytes)")
        }
        #expect(outcomes.read > 500 && outcomes.refused > 2000, "\(outcomes)")
    }
}

extension SeededGenerator {
    fileprivate mutating func bytes() -> [UInt8] {
        (0..<Int.random(in: 0...80, using: &self)).map { _ in
            Bool.random(using: &self)
                ? Array("{}\n\n#*?\\: .,".utf8).randomElement(using: &self)! : UInt8.random(in: 0...255, using: &self)
        }
    }

    /// With some bytes changed, taken out or doubled, or cut short.
    fileprivate mutating func mutation(of original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes.randomElement(using: &self)!, at: index)
            default: if Int.random(in: 0..<8, using: &self) == 0 { bytes.removeSubrange(index...) }
            }
        }
        return bytes
    }
}
