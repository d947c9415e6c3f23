import AuditCore
import Glibc

/// Reads a value from JSON. A report of 100,000 stacks is read in a tenth of the time and memory that Foundation's decoder takes: what is
/// alike in it is made once, above all the frames of call stacks.
///
/// - Throws: a `JSONProblem`, a `DecodingError` whose path says where, or what the value throws.
func readJSON<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
    try bytes.withUnsafeBufferPointer { bytes in
        let text = JSONText(bytes, try JSONIndex(bytes))
        return try text.decode(type, text.first, nil)
    }
}

/// Where a value begins, and the number of the first container that begins there or behind it.
private struct JSONValue {
    let at: Int
    let container: Int
}

/// The key or index by which a value is reached.
private final class JSONPath {
    private let above: JSONPath?
    private let key: any CodingKey

    init(_ above: JSONPath?, _ key: any CodingKey) {
        self.above = above
        self.key = key
    }

    var keys: [any CodingKey] { (above?.keys ?? []) + [key] }
}

private struct JSONElementIndex: CodingKey {
    let intValue: Int?
    var stringValue: String { "\(intValue ?? 0)" }

    init(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
}

/// A text that has been checked.
private final class JSONText {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let index: JSONIndex
    /// What was made of these bytes.
    private var frames: [Piece: Frame] = [:]
    private var strings: [Piece: String] = [:]

    private static let mostKept = 1 << 14

    private struct Piece: Hashable {
        let bytes: UnsafeBufferPointer<UInt8>

        static func == (one: Piece, other: Piece) -> Bool {
            one.bytes.count == other.bytes.count
                && memcmp(one.bytes.baseAddress!, other.bytes.baseAddress!, one.bytes.count) == 0
        }
        func hash(into hasher: inout Hasher) { hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ index: JSONIndex) {
        self.bytes = bytes
        self.index = index
    }

    // MARK: places

    var first: JSONValue { JSONValue(at: afterSpace(0), container: 0) }

    func isNext(_ sign: Unicode.Scalar, at offset: Int) -> Bool { bytes[offset] == UInt8(ascii: sign) }

    func afterSpace(_ offset: Int) -> Int {
        bytes.endOfSpace(from: offset)
    }

    /// The place behind a value.
    func end(of value: JSONValue) -> JSONValue {
        switch bytes[value.at] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let container = index.containers[value.container]
            return JSONValue(at: Int(container.end), container: Int(container.next))
        case UInt8(ascii: "\""): return JSONValue(at: endOfString(value.at), container: value.container)
        default:
            var at = value.at
            while at < bytes.count, !bytes[at].isJSONSpace, !",]}".utf8.contains(bytes[at]) { at += 1 }
            return JSONValue(at: at, container: value.container)
        }
    }

    private func endOfString(_ start: Int) -> Int {
        var at = bytes.endOfPlain(from: start + 1)
        while bytes[at] != UInt8(ascii: "\"") {
            at = bytes.endOfPlain(from: at + (bytes[at] == UInt8(ascii: "\\") ? 2 : 1))
        }
        return at + 1
    }

    /// The next value of an array or object, given the place after its bracket or after a value of it; nil at its end.
    func next(after place: JSONValue) -> JSONValue? {
        var at = afterSpace(place.at)
        if isNext("]", at: at) || isNext("}", at: at) { return nil }
        if isNext(",", at: at) { at = afterSpace(at + 1) }
        return JSONValue(at: at, container: place.container)
    }

    func members(of object: JSONValue) -> [JSONMembers.Member] {
        var members: [JSONMembers.Member] = []
        var place = JSONValue(at: object.at + 1, container: object.container + 1)
        while let key = next(after: place) {
            let end = endOfString(key.at)
            let value = JSONValue(at: afterSpace(afterSpace(end) + 1), container: key.container)
            members.append(JSONMembers.Member(key: key.at..<end, value: value))
            place = self.end(of: value)
        }
        return members
    }

    func isKey(_ range: Range<Int>, _ key: String) -> Bool {
        let plain = UnsafeBufferPointer(rebasing: bytes[(range.lowerBound + 1)..<(range.upperBound - 1)])
        if plain.count == key.utf8.count { return plain.elementsEqual(key.utf8) }
        // One with an escape is longer than what it stands for.
        return plain.count > key.utf8.count && plain.hasBackslash && string(range.lowerBound) == key
    }

    // MARK: values

    func isNull(_ value: JSONValue) -> Bool { isNext("n", at: value.at) }

    func decode<Value: Decodable>(_ type: Value.Type, _ value: JSONValue, _ path: JSONPath?) throws -> Value {
        switch type {
        case is String.Type: try string(value, path) as! Value
        case is UInt64.Type: try integer(value, path) as UInt64 as! Value
        case is Int.Type: try integer(value, path) as Int as! Value
        case is Int32.Type: try integer(value, path) as Int32 as! Value
        case is Bool.Type: try flag(value, path) as! Value
        case is Double.Type: try double(value, path) as! Value
        case is Frame.Type: try frame(value, path) as! Value
        default: try Value(from: JSONDecoding(text: self, value: value, path: path))
        }
    }

    private func frame(_ value: JSONValue, _ path: JSONPath?) throws -> Frame {
        let piece = piece(value.at..<end(of: value).at)
        if let known = frames[piece] { return known }
        let frame = try Frame(from: JSONDecoding(text: self, value: value, path: path))
        if frames.count >= Self.mostKept { frames.removeAll(keepingCapacity: true) }
        frames[piece] = frame
        return frame
    }

    private func string(_ value: JSONValue, _ path: JSONPath?) throws -> String {
        guard isNext("\"", at: value.at) else { throw mismatch(String.self, value, path) }
        return string(value.at)
    }

    func string(_ start: Int) -> String {
        let piece = piece((start + 1)..<(endOfString(start) - 1))
        // So short a string has no memory of its own.
        if piece.bytes.count > 15, let known = strings[piece] { return known }
        let string =
            piece.bytes.hasBackslash
            ? unescaped(piece.bytes) : String(decoding: piece.bytes, as: UTF8.self)
        if piece.bytes.count > 15 {
            if strings.count >= Self.mostKept { strings.removeAll(keepingCapacity: true) }
            strings[piece] = string
        }
        return string
    }

    private func piece(_ range: Range<Int>) -> Piece { Piece(bytes: UnsafeBufferPointer(rebasing: bytes[range])) }

    private func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let signs: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r",
            UInt8(ascii: "t"): "\t",
        ]
        var units: [UInt8] = []
        units.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            let plain = max(bytes.endOfPlain(from: at), bytes[at] == UInt8(ascii: "\\") ? at : at + 1)
            if plain > at {
                units += bytes[at..<plain]
                at = plain
                continue
            }
            if let scalar = JSONIndex.scalar(at: at, in: bytes) {
                units += Array(String(scalar).utf8)
                at += scalar.value > 0xffff ? 12 : 6
            } else {
                units += Array(String(signs[bytes[at + 1]] ?? Unicode.Scalar(bytes[at + 1])).utf8)
                at += 2
            }
        }
        return String(decoding: units, as: UTF8.self)
    }

    private func flag(_ value: JSONValue, _ path: JSONPath?) throws -> Bool {
        if isNext("t", at: value.at) { return true }
        guard isNext("f", at: value.at) else { throw mismatch(Bool.self, value, path) }
        return false
    }

    private func integer<Number: FixedWidthInteger>(_ value: JSONValue, _ path: JSONPath?) throws -> Number {
        let text = try number(Number.self, value, path)
        guard let number = Number(text) else { throw noNumber(text, "count", path) }
        return number
    }

    private func double(_ value: JSONValue, _ path: JSONPath?) throws -> Double {
        let text = try number(Double.self, value, path)
        guard let number = Double(text), number.isFinite else { throw noNumber(text, "number", path) }
        return number
    }

    private func number(_ type: Any.Type, _ value: JSONValue, _ path: JSONPath?) throws -> String {
        guard isNext("-", at: value.at) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[value.at]) else {
            throw mismatch(type, value, path)
        }
        return String(decoding: bytes[value.at..<end(of: value).at], as: UTF8.self)
    }

    private func noNumber(_ text: String, _ what: String, _ path: JSONPath?) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: path?.keys ?? [], debugDescription: "\(shortened(text, to: 40)) is no \(what)"))
    }

    func mismatch(_ type: Any.Type, _ value: JSONValue, _ path: JSONPath?) -> DecodingError {
        let context = DecodingError.Context(codingPath: path?.keys ?? [], debugDescription: "")
        return isNull(value) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

// MARK: what a value asks for

private struct JSONDecoding: Decoder {
    let text: JSONText
    let value: JSONValue
    let path: JSONPath?

    var codingPath: [any CodingKey] { path?.keys ?? [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard text.isNext("{", at: value.at) else { throw text.mismatch([String: Any].self, value, path) }
        return KeyedDecodingContainer(JSONObject(path: path, members: JSONMembers(text, value)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard text.isNext("[", at: value.at) else { throw text.mismatch([Any].self, value, path) }
        return JSONElements(text, value, path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension JSONDecoding: SingleValueDecodingContainer {
    func decodeNil() -> Bool { text.isNull(value) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try text.decode(type, value, path) }
}

/// An object's. Each is looked for from the last that was found on, so that all of a million are found in their order at once.
private final class JSONMembers {
    struct Member {
        let key: Range<Int>
        let value: JSONValue
    }

    let text: JSONText
    let all: [Member]
    private var last = 0

    init(_ text: JSONText, _ object: JSONValue) {
        self.text = text
        all = text.members(of: object)
    }

    func value(_ key: String) -> JSONValue? {
        let isMeant = { (index: Int) in self.text.isKey(self.all[index].key, key) }
        guard let found = (last..<all.count).first(where: isMeant) ?? (0..<last).first(where: isMeant) else {
            return nil
        }
        last = found
        return all[found].value
    }
}

private struct JSONObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let path: JSONPath?
    let members: JSONMembers

    private var text: JSONText { members.text }
    var codingPath: [any CodingKey] { path?.keys ?? [] }
    var allKeys: [Key] { members.all.compactMap { Key(stringValue: text.string($0.key.lowerBound)) } }

    func contains(_ key: Key) -> Bool { members.value(key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { text.isNull(try value(key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try text.decode(type, try value(key), JSONPath(path, key))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        JSONDecoding(text: text, value: try value(key), path: JSONPath(path, key))
    }

    private func value(_ key: Key) throws -> JSONValue {
        guard let value = members.value(key.stringValue) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: ""))
        }
        return value
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedDecodingContainer<Nested> {
        unused()
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { unused() }
    func superDecoder() -> any Decoder { unused() }
}

private struct JSONElements: UnkeyedDecodingContainer {
    private let text: JSONText
    private let path: JSONPath?
    private var next: JSONValue?
    private(set) var currentIndex = 0

    init(_ text: JSONText, _ array: JSONValue, _ path: JSONPath?) {
        self.text = text
        self.path = path
        next = text.next(after: JSONValue(at: array.at + 1, container: array.container + 1))
    }

    var codingPath: [any CodingKey] { path?.keys ?? [] }
    var count: Int? { nil }
    var isAtEnd: Bool { next == nil }

    /// A null is for the element's type to refuse.
    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let path = JSONPath(path, JSONElementIndex(intValue: currentIndex))
        guard let value = next else {
            throw DecodingError.valueNotFound(type, .init(codingPath: path.keys, debugDescription: ""))
        }
        let element = try text.decode(type, value, path)
        next = text.next(after: text.end(of: value))
        currentIndex += 1
        return element
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> { unused() }
    func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { unused() }
    func superDecoder() -> any Decoder { unused() }
}

/// No value of a report reads itself by these: each part is a value of its own.
private func unused() -> Never { preconditionFailure("a report's values nest no containers") }
