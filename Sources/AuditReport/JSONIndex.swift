/// What is wrong with a JSON text, and before which of its bytes.
struct JSONProblem: Error {
    let what: String
    let offset: Int
}

/// Where each object and array of a JSON text ends. It is made while the text is checked (RFC 8259, in UTF-8), so that who reads a
/// value later need not look at the others, nor check them again.
struct JSONIndex {
    /// An object or array. They are numbered in the order in which they begin.
    struct Container {
        /// Behind its bracket.
        var end: UInt32
        /// The number of the first that begins behind it.
        var next: UInt32
    }

    private(set) var containers: [Container] = []
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var open: [(number: Int, isObject: Bool)] = []

    static let deepest = 512

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONProblem) {
        precondition(bytes.count < UInt32.max)
        self.bytes = bytes
        repeat { try takeValue() } while try isAnotherNext()
        guard at == bytes.count else { throw problem("more after the end of the JSON") }
    }

    // MARK: values

    /// Up to its end, or to the first value in it.
    private mutating func takeValue() throws(JSONProblem) {
        while true {
            takeSpace()
            guard let byte = current else { throw problem("the JSON ends before it is complete") }
            switch byte {
            case UInt8(ascii: "{"):
                try begin(isObject: true)
                if current == UInt8(ascii: "}") { return }
                try takeKey()
            case UInt8(ascii: "["):
                try begin(isObject: false)
                if current == UInt8(ascii: "]") { return }
            case UInt8(ascii: "\""): return try takeString()
            case UInt8(ascii: "t"): return try take(word: "true")
            case UInt8(ascii: "f"): return try take(word: "false")
            case UInt8(ascii: "n"): return try take(word: "null")
            default: return try takeNumber()
            }
        }
    }

    /// Takes the brackets that close here, and a comma with what belongs before the value that it announces.
    private mutating func isAnotherNext() throws(JSONProblem) -> Bool {
        while true {
            takeSpace()
            guard let (number, isObject) = open.last else { return false }
            guard let byte = current else { throw problem("the JSON ends before it is complete") }
            at += 1
            switch byte {
            case UInt8(ascii: ","):
                if isObject { try takeKey() }
                return true
            case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                containers[number] = Container(end: UInt32(at), next: UInt32(containers.count))
                open.removeLast()
            default:
                at -= 1
                throw problem("neither a comma nor the end of the \(isObject ? "object" : "array")")
            }
        }
    }

    private mutating func begin(isObject: Bool) throws(JSONProblem) {
        guard open.count < Self.deepest else { throw problem("more than \(Self.deepest) levels") }
        open.append((containers.count, isObject))
        containers.append(Container(end: 0, next: 0))
        at += 1
        takeSpace()
    }

    private mutating func takeKey() throws(JSONProblem) {
        takeSpace()
        guard current == UInt8(ascii: "\"") else { throw problem("no key") }
        try takeString()
        takeSpace()
        guard current == UInt8(ascii: ":") else { throw problem("no colon after a key") }
        at += 1
    }

    private mutating func take(word: StaticString) throws(JSONProblem) {
        let isThere =
            at + word.utf8CodeUnitCount <= bytes.count
            && (0..<word.utf8CodeUnitCount).allSatisfy { bytes[at + $0] == word.utf8Start[$0] }
        guard isThere else { throw problem("no value") }
        at += word.utf8CodeUnitCount
    }

    private mutating func takeNumber() throws(JSONProblem) {
        let start = at
        if current == UInt8(ascii: "-") { at += 1 }
        if current == UInt8(ascii: "0") { at += 1 } else { try takeDigits(from: start) }
        if current == UInt8(ascii: ".") {
            at += 1
            try takeDigits(from: start)
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            at += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
            try takeDigits(from: start)
        }
    }

    private mutating func takeDigits(from start: Int) throws(JSONProblem) {
        let first = at
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
        guard at > first else {
            at = start
            throw problem("no value")
        }
    }

    // MARK: strings

    private mutating func takeString() throws(JSONProblem) {
        at += 1
        while true {
            at = bytes.endOfPlain(from: at)
            guard let byte = current else { throw problem("the JSON ends in a string") }
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return
            case UInt8(ascii: "\\"): try takeEscape()
            case 0..<0x20: throw problem("a control character in a string")
            case 0x80...: try takeCharacter()
            default: at += 1
            }
        }
    }

    private mutating func takeCharacter() throws(JSONProblem) {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes[at...].makeIterator()
        guard case .valid(let units) = parser.parseScalar(from: &iterator) else { throw problem("this is not UTF-8") }
        at += units.count
    }

    private mutating func takeEscape() throws(JSONProblem) {
        guard at + 1 < bytes.count else { throw problem("the JSON ends in a string") }
        guard bytes[at + 1] == UInt8(ascii: "u") else {
            guard "\"\\/bfnrt".utf8.contains(bytes[at + 1]) else { throw problem("no such escape") }
            at += 2
            return
        }
        guard let scalar = Self.scalar(at: at, in: bytes) else { throw problem("no character has this number") }
        at += scalar.value > 0xffff ? 12 : 6
    }

    /// That of an escape `\u`, or of two for one above U+FFFF.
    static func scalar(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar? {
        guard let unit = unit(at: offset, in: bytes) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xd800..<0xdc00).contains(unit), let low = self.unit(at: offset + 6, in: bytes),
            (0xdc00..<0xe000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + UInt32(low) - 0xdc00)
    }

    private static func unit(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> UInt16? {
        guard offset + 6 <= bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[(offset + 2)..<(offset + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    // MARK: bytes

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func takeSpace() {
        at = bytes.endOfSpace(from: at)
    }

    private func problem(_ what: String) -> JSONProblem { JSONProblem(what: what, offset: at) }
}

extension UInt8 {
    var isJSONSpace: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r")
            || self == UInt8(ascii: "\t")
    }
}

// Eight bytes at a time: most of a report is text and blanks, which the tests read by a build that is not optimised.
extension UnsafeBufferPointer<UInt8> {
    private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    private func word(at offset: Int) -> UInt64 {
        UnsafeRawPointer(baseAddress!).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The first of the last eight bytes at the most before what is no plain character of a string: a quote, a backslash, a control
    /// character, or one beyond ASCII.
    func endOfPlain(from offset: Int) -> Int {
        let (ones, highs) = (Self.eight(1), Self.eight(0x80))
        let (quotes, slashes, blanks) = (Self.eight(0x22), Self.eight(0x5c), Self.eight(0x20))
        var at = offset
        while at + 8 <= count {
            let word = word(at: at)
            let (quote, slash) = (word ^ quotes, word ^ slashes)
            // The high bit of a byte, or of one above it, is set where the byte is zero, or less than a blank.
            let isSpecial = (quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- blanks) & ~word | word
            if isSpecial & highs != 0 { break }
            at += 8
        }
        return at
    }

    var hasBackslash: Bool {
        var at = endOfPlain(from: 0)
        while at < count {
            if self[at] == UInt8(ascii: "\\") { return true }
            at = endOfPlain(from: at + 1)
        }
        return false
    }

    func endOfSpace(from offset: Int) -> Int {
        var at = offset
        let blanks = Self.eight(0x20)
        while at < count, self[at].isJSONSpace {
            at += at + 8 <= count && word(at: at) == blanks ? 8 : 1
        }
        return at
    }
}
