import Glibc

/// What is wrong with a JSON text, and where; both from 1 on, and a column counts bytes.
struct JSONProblem: Error {
    let what: String
    let line: Int
    let column: Int
}

/// Puts the next bytes of a text into a buffer, and returns how many there were: none at its end.
public typealias ByteSource = (UnsafeMutableRawBufferPointer) throws -> Int

extension JSONDocument {
    /// Reads a JSON text (RFC 8259, in UTF-8), a piece at a time.
    ///
    /// - Parameters:
    ///   - size: in bytes, if that is known.
    ///   - unread: a key of which nobody will ask. What stands there is null, and must be JSON all the same.
    /// - Throws: a `JSONProblem`, or what the source throws.
    init(size: Int, without unread: String? = nil, from source: ByteSource) throws {
        try self = withoutActuallyEscaping(source) { source in
            var parser = JSONParser(size: size, without: unread, source)
            return try parser.document()
        }
    }
}

private struct JSONParser: ~Copyable {
    private let source: ByteSource
    fileprivate private(set) var buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
    /// The next byte that was not taken, and the end of those that are there.
    private var at = 0
    private var end = 0
    private var isAtEnd = false
    /// Of the text, where the buffer begins, and where the line that it is in does.
    private var start = 0
    private var lineStart = 0
    private var line = 1
    private var made: JSONDocument
    /// What the arrays and objects that are not complete hold so far.
    private var open: [UInt32] = []
    /// The index of the key that nobody asks for.
    private var unread: Int?
    /// What is taken now stands there, and is not kept.
    private var isUnread = false
    private let lines = JSONLines()

    private static let deepest = 512
    private static let mostOfAString = 1 << 24
    /// Of all arrays and objects together: a report of the largest size has a fifth of them.
    private static let mostValues = 1 << 25
    private static let mostTexts = 1 << 22

    init(size: Int, without key: String?, _ source: @escaping ByteSource) {
        self.source = source
        made = JSONDocument(ofTextOf: size)
        unread = key.map { key in Array(key.utf8).withUnsafeBufferPointer { made.add(text: $0) } }
    }

    deinit { buffer.deallocate() }

    mutating func document() throws -> JSONDocument {
        let root = try takeValue(depth: 0)
        guard try next() == nil else { throw problem("more after the end of the JSON") }
        var document = JSONDocument(ofTextOf: 0)
        swap(&document, &made)
        document.end(with: root)
        return document
    }

    // MARK: values

    private mutating func takeValue(depth: Int) throws -> JSONValue {
        guard let byte = try next() else { throw incomplete }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < Self.deepest else { throw problem("more than \(Self.deepest) levels") }
            return byte == UInt8(ascii: "{") ? try takeObject(depth) : try takeContainer(isObject: false, depth)
        case UInt8(ascii: "\""): return JSONValue(.string, try takeString())
        case UInt8(ascii: "t"): return try take(word: "true", .yes)
        case UInt8(ascii: "f"): return try take(word: "false", .no)
        case UInt8(ascii: "n"): return try take(word: "null", .null)
        default: return try takeNumber()
        }
    }

    /// One that stands on a line by itself, such as a frame, was mostly there before.
    private mutating func takeObject(_ depth: Int) throws -> JSONValue {
        guard !isUnread, let line = lines.line(at: UnsafeBufferPointer(rebasing: buffer[at..<end])) else {
            return try takeContainer(isObject: true, depth)
        }
        if let known = lines.value(of: line) {
            at += line.text.count
            return known
        }
        let end = start + at + line.text.count
        let isKept = lines.keep(line)
        let object = try takeContainer(isObject: true, depth)
        if isKept, start + at == end { lines.know(line.slot, is: object) }
        return object
    }

    private mutating func takeContainer(isObject: Bool, _ depth: Int) throws -> JSONValue {
        let (begin, close) = (open.count, isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        at += 1
        if try next() != close {
            while true {
                if isObject {
                    try takeMember(depth)
                } else {
                    keep(try takeValue(depth: depth + 1))
                }
                guard open.count < Self.mostValues, made.textCount < Self.mostTexts else { throw tooMany }
                guard let byte = try next() else { throw incomplete }
                if byte == close { break }
                guard byte == UInt8(ascii: ",") else {
                    throw problem("neither a comma nor the end of the \(isObject ? "object" : "array")")
                }
                at += 1
            }
        }
        if isObject, let key = repeatedKey(from: begin) {
            throw problem("this object has the key '\(shortened(made.string(key), to: 60))' twice")
        }
        at += 1
        if isUnread { return JSONValue(.null) }
        let index = open.withUnsafeBufferPointer { made.add(container: UnsafeBufferPointer(rebasing: $0[begin...])) }
        guard index < Self.mostValues else { throw tooMany }
        open.removeSubrange(begin...)
        return JSONValue(isObject ? .object : .array, index)
    }

    private mutating func takeMember(_ depth: Int) throws {
        let key = try takeKey()
        keep(JSONValue(.string, key))
        guard key == unread, !isUnread else {
            keep(try takeValue(depth: depth + 1))
            return
        }
        isUnread = true
        _ = try takeValue(depth: depth + 1)
        isUnread = false
        keep(JSONValue(.null))
    }

    private mutating func keep(_ value: JSONValue) { if !isUnread { open.append(value.word) } }

    private mutating func takeKey() throws -> Int {
        guard try next() == UInt8(ascii: "\"") else { throw problem("no key") }
        let key = try takeString()
        guard try next() == UInt8(ascii: ":") else { throw problem("no colon after a key") }
        at += 1
        return key
    }

    /// Which of two that are the same counts is for no reader to choose.
    private func repeatedKey(from begin: Int) -> Int? {
        let keys = stride(from: begin, to: open.count, by: 2)
        if keys.underestimatedCount > 32 {
            var seen = Set<UInt32>()
            return keys.first { !seen.insert(open[$0]).inserted }.map { JSONValue(word: open[$0]).index }
        }
        for place in keys {
            for earlier in stride(from: begin, to: place, by: 2) where open[earlier] == open[place] {
                return JSONValue(word: open[place]).index
            }
        }
        return nil
    }

    private mutating func take(word: StaticString, _ kind: JSONValue.Kind) throws -> JSONValue {
        let length = word.utf8CodeUnitCount
        try need(length)
        guard end - at >= length, memcmp(buffer.baseAddress! + at, word.utf8Start, length) == 0 else {
            throw problem("no value")
        }
        at += length
        return JSONValue(kind)
    }

    // MARK: numbers

    private mutating func takeNumber() throws -> JSONValue {
        var length = 0
        while true {
            while at + length < end, buffer[at + length].isOfANumber { length += 1 }
            guard at + length == end, try fill() else { break }
        }
        let text = UnsafeBufferPointer(rebasing: buffer[at..<(at + length)])
        if let small = text.smallNumber {
            at += length
            return JSONValue(.small, small)
        }
        guard text.isJSONNumber else { throw problem("no value") }
        at += length
        return isUnread ? JSONValue(.null) : JSONValue(.number, made.add(text: text))
    }

    // MARK: strings

    private mutating func takeString() throws -> Int {
        at += 1
        var length = 0
        var isPlain = true
        while true {
            length = UnsafeBufferPointer(rebasing: buffer[at..<end]).endOfPlain(from: length)
            guard at + length < end else {
                if try fill() { continue }
                at += length
                throw problem("the JSON ends in a string")
            }
            switch buffer[at + length] {
            case UInt8(ascii: "\""):
                let text = UnsafeBufferPointer(rebasing: buffer[at..<(at + length)])
                at += length + 1
                if isUnread { return 0 }
                return isPlain ? made.add(text: text) : unescaped(text).withUnsafeBufferPointer { made.add(text: $0) }
            case UInt8(ascii: "\\"):
                isPlain = false
                length += try lengthOfEscape(behind: length)
            case 0..<0x20:
                at += length
                throw problem("a control character in a string")
            case 0x80...: length += try lengthOfCharacter(behind: length)
            default: length += 1
            }
        }
    }

    private mutating func lengthOfCharacter(behind length: Int) throws -> Int {
        try need(length + 4)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = buffer[(at + length)..<end].makeIterator()
        guard case .valid(let units) = parser.parseScalar(from: &iterator) else {
            at += length
            throw problem("this is not UTF-8")
        }
        return units.count
    }

    private mutating func lengthOfEscape(behind length: Int) throws -> Int {
        try need(length + 12)
        let escape = UnsafeBufferPointer(rebasing: buffer[(at + length)..<end])
        guard escape.count > 1 else {
            at = end
            throw problem("the JSON ends in a string")
        }
        if escape[1] != UInt8(ascii: "u") {
            if "\"\\/bfnrt".utf8.contains(escape[1]) { return 2 }
            at += length
            throw problem("no such escape")
        }
        if let scalar = escape.escapedScalar(at: 0) { return scalar.value > 0xffff ? 12 : 6 }
        at += length
        throw problem("no character has this number")
    }

    private func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let signs: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 0x8, UInt8(ascii: "f"): 0xc, UInt8(ascii: "n"): 0xa, UInt8(ascii: "r"): 0xd,
            UInt8(ascii: "t"): 0x9,
        ]
        var units: [UInt8] = []
        units.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            if text[at] != UInt8(ascii: "\\") {
                let plain = max(text.endOfPlain(from: at), at + 1)
                units += text[at..<plain]
                at = plain
            } else if let scalar = text.escapedScalar(at: at) {
                units += Array(String(scalar).utf8)
                at += scalar.value > 0xffff ? 12 : 6
            } else {
                units.append(signs[text[at + 1]] ?? text[at + 1])
                at += 2
            }
        }
        return units
    }

    // MARK: bytes

    /// The next byte that is no space, which is not taken; nil at the end.
    private mutating func next() throws -> UInt8? {
        while true {
            while at < end {
                let byte = buffer[at]
                guard byte.isJSONSpace else { return byte }
                at += 1
                if byte == UInt8(ascii: "\n") {
                    line += 1
                    lineStart = start + at
                }
            }
            guard try fill() else { return nil }
        }
    }

    /// So many bytes behind those that were taken, if the text has them.
    private mutating func need(_ count: Int) throws {
        while end - at < count, try fill() {}
    }

    /// Moves what was not taken to the front, and reads more behind it. False at the text's end.
    private mutating func fill() throws -> Bool {
        if isAtEnd { return false }
        start += at
        let left = end - at
        if left == buffer.count {
            guard buffer.count < Self.mostOfAString else { throw problem("a string of more than 16 MiB") }
            let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * buffer.count)
            memcpy(larger.baseAddress!, buffer.baseAddress! + at, left)
            buffer.deallocate()
            buffer = larger
        } else {
            memmove(buffer.baseAddress!, buffer.baseAddress! + at, left)
        }
        (at, end) = (0, left)
        let count = try source(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[end...]))
        end += count
        isAtEnd = count == 0
        return !isAtEnd
    }

    private func problem(_ what: String) -> JSONProblem {
        JSONProblem(what: what, line: line, column: start + at - lineStart + 1)
    }

    private var tooMany: JSONProblem { problem("more values than a report has") }

    private var incomplete: JSONProblem { problem("the JSON ends before it is complete") }
}

extension UInt8 {
    fileprivate var isJSONSpace: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r")
            || self == UInt8(ascii: "\t")
    }

    fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    fileprivate var isOfANumber: Bool {
        isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "e")
            || self == UInt8(ascii: "+") || self == UInt8(ascii: "E")
    }
}

extension UnsafeBufferPointer<UInt8> {
    private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    /// The first of the last eight bytes at the most before what is no plain character of a string: a quote, a backslash, a control
    /// character, or one beyond ASCII. It looks at eight bytes at a time: most of a report is text.
    fileprivate func endOfPlain(from offset: Int) -> Int {
        let (ones, highs) = (Self.eight(1), Self.eight(0x80))
        let (quotes, slashes, blanks) = (Self.eight(0x22), Self.eight(0x5c), Self.eight(0x20))
        var at = offset
        while at + 8 <= count {
            let word = UnsafeRawPointer(baseAddress!).loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let (quote, slash) = (word ^ quotes, word ^ slashes)
            // The high bit of a byte, or of one above it, is set where the byte is zero, or less than a blank.
            let isSpecial = (quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- blanks) & ~word | word
            if isSpecial & highs != 0 { break }
            at += 8
        }
        return at
    }

    /// Most are of a few digits: eight are less than `JSONDocument.mostIndices`.
    fileprivate var smallNumber: Int? {
        guard (1...8).contains(count), count == 1 || self[0] != UInt8(ascii: "0") else { return nil }
        var number = 0
        for byte in self {
            guard byte.isDigit else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
    fileprivate var isJSONNumber: Bool {
        var rest = self[...]
        func takeDigits() -> Bool {
            let digits = rest.prefix(while: \.isDigit)
            rest = rest.dropFirst(digits.count)
            return !digits.isEmpty
        }
        func take(_ signs: String.UTF8View) -> Bool {
            guard let byte = rest.first, signs.contains(byte) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = take("-".utf8)
        guard take("0".utf8) || takeDigits() else { return false }
        if take(".".utf8), !takeDigits() { return false }
        if take("eE".utf8) {
            _ = take("+-".utf8)
            guard takeDigits() else { return false }
        }
        return rest.isEmpty
    }

    /// That of an escape `\u`, or of two for one above U+FFFF.
    fileprivate func escapedScalar(at offset: Int) -> Unicode.Scalar? {
        guard let unit = escapedUnit(at: offset) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xd800..<0xdc00).contains(unit), let low = escapedUnit(at: offset + 6), (0xdc00..<0xe000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + UInt32(low) - 0xdc00)
    }

    private func escapedUnit(at offset: Int) -> UInt16? {
        guard offset + 6 <= count, self[offset] == UInt8(ascii: "\\"), self[offset + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt16 = 0
        for byte in self[(offset + 2)..<(offset + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
