import AuditCore

/// Reads a value from JSON.
///
/// - Parameters:
///   - size: of the text in bytes, if that is known.
///   - unread: a key that no value asks for.
/// - Throws: a `JSONProblem`, a `DecodingError` whose path says where, what the value throws, or what the source throws.
func readJSON<Value: Decodable>(
    _ type: Value.Type, size: Int = 0, without unread: String? = nil, from source: ByteSource
) throws -> Value {
    let reader = JSONReader(try JSONDocument(size: size, without: unread, from: source))
    return try reader.decode(type, reader.document.root)
}

/// The same of a text that is in memory.
func readJSON<Value: Decodable>(_ type: Value.Type, without unread: String? = nil, _ bytes: [UInt8]) throws -> Value {
    var rest = bytes[...]
    return try readJSON(type, size: bytes.count, without: unread) { buffer in
        let piece = rest.prefix(buffer.count)
        buffer.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}

/// Makes values of a document. What is alike in it is made once, above all the frames of call stacks.
private final class JSONReader {
    let document: JSONDocument
    private var strings: [String?]
    private var frames: [Int: Frame] = [:]

    init(_ document: consuming JSONDocument) {
        strings = Array(repeating: nil, count: document.textCount)
        self.document = document
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ value: JSONValue) throws -> Value {
        // A cast to the value's own type, which is the same: a dynamic one takes longer than all else here.
        if type == String.self { return unsafeBitCast(try text(value), to: type) }
        if type == UInt64.self { return unsafeBitCast(try integer(value) as UInt64, to: type) }
        if type == Int.self { return unsafeBitCast(try integer(value) as Int, to: type) }
        if type == Int32.self { return unsafeBitCast(try integer(value) as Int32, to: type) }
        if type == Bool.self { return unsafeBitCast(try flag(value), to: type) }
        if type == Double.self { return unsafeBitCast(try double(value), to: type) }
        if type == Frame.self { return unsafeBitCast(try frame(value), to: type) }
        if type == [Frame].self { return unsafeBitCast(try stack(value), to: type) }
        return try Value(from: JSONDecoding(reader: self, value: value))
    }

    /// A value that another holds. What is wrong in it is known there without the keys that lead to it.
    func decode<Value: Decodable>(_ type: Value.Type, _ value: JSONValue, at key: some CodingKey) throws -> Value {
        if let plain = plain(type, value) { return plain }
        do {
            return try decode(type, value)
        } catch let error as DecodingError {
            throw error.behind(key)
        }
    }

    /// One of which nothing can be wrong: most are.
    private func plain<Value: Decodable>(_ type: Value.Type, _ value: JSONValue) -> Value? {
        switch value.kind {
        case .string where type == String.self: unsafeBitCast(string(value.index), to: type)
        case .small where type == UInt64.self: unsafeBitCast(UInt64(value.index), to: type)
        case .small where type == Int.self: unsafeBitCast(value.index, to: type)
        case .small where type == Int32.self: unsafeBitCast(Int32(value.index), to: type)
        case .no where type == Bool.self: unsafeBitCast(false, to: type)
        case .yes where type == Bool.self: unsafeBitCast(true, to: type)
        default: nil
        }
    }

    private func frame(_ value: JSONValue) throws -> Frame {
        if value.kind == .object, let known = frames[value.index] { return known }
        let frame = try Frame(from: JSONDecoding(reader: self, value: value))
        frames[value.index] = frame
        return frame
    }

    private func stack(_ value: JSONValue) throws -> [Frame] {
        guard value.kind == .array else { throw mismatch([Any].self, value) }
        let words = document.content(of: value)
        return try words.map { word in
            let frame = document[word: word]
            if frame.kind == .object, let known = frames[frame.index] { return known }
            return try decode(Frame.self, frame, at: JSONElementIndex(intValue: word - words.lowerBound))
        }
    }

    func string(_ index: Int) -> String {
        if let made = strings[index] { return made }
        let string = document.string(index)
        strings[index] = string
        return string
    }

    private func text(_ value: JSONValue) throws -> String {
        guard value.kind == .string else { throw mismatch(String.self, value) }
        return string(value.index)
    }

    private func flag(_ value: JSONValue) throws -> Bool {
        switch value.kind {
        case .yes: return true
        case .no: return false
        default: throw mismatch(Bool.self, value)
        }
    }

    private func integer<Number: FixedWidthInteger>(_ value: JSONValue) throws -> Number {
        if value.kind == .small { return Number(value.index) }
        guard value.kind == .number else { throw mismatch(Number.self, value) }
        guard let number = Number(document.string(value.index)) else { throw noNumber(value, "count") }
        return number
    }

    private func double(_ value: JSONValue) throws -> Double {
        if value.kind == .small { return Double(value.index) }
        guard value.kind == .number else { throw mismatch(Double.self, value) }
        guard let number = Double(document.string(value.index)), number.isFinite else {
            throw noNumber(value, "number")
        }
        return number
    }

    private func noNumber(_ value: JSONValue, _ what: String) -> DecodingError {
        let text = shortened(document.string(value.index), to: 40)
        return .dataCorrupted(.init(codingPath: [], debugDescription: "\(text) is no \(what)"))
    }

    func mismatch(_ type: Any.Type, _ value: JSONValue) -> DecodingError {
        let context = DecodingError.Context(codingPath: [], debugDescription: "")
        return value.kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension DecodingError {
    /// The same, in a value that another holds by this key or index.
    fileprivate func behind(_ key: any CodingKey) -> DecodingError {
        func behind(_ context: Context) -> Context {
            Context(
                codingPath: [key] + context.codingPath, debugDescription: context.debugDescription,
                underlyingError: context.underlyingError)
        }
        return switch self {
        case .typeMismatch(let type, let context): .typeMismatch(type, behind(context))
        case .valueNotFound(let type, let context): .valueNotFound(type, behind(context))
        case .keyNotFound(let missing, let context): .keyNotFound(missing, behind(context))
        case .dataCorrupted(let context): .dataCorrupted(behind(context))
        @unknown default: self
        }
    }
}

// MARK: what a value asks for

private struct JSONDecoding: Decoder {
    let reader: JSONReader
    let value: JSONValue

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard value.kind == .object else { throw reader.mismatch([String: Any].self, value) }
        return KeyedDecodingContainer(JSONObject(members: JSONMembers(reader, value)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard value.kind == .array else { throw reader.mismatch([Any].self, value) }
        return JSONElements(reader: reader, words: reader.document.content(of: value))
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension JSONDecoding: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.kind == .null }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reader.decode(type, value) }
}

/// An object's. Each is looked for from the last that was found on, so that all of a million are found in their order at once.
private final class JSONMembers {
    let reader: JSONReader
    private let words: Range<Int>
    private var last: Int

    init(_ reader: JSONReader, _ object: JSONValue) {
        self.reader = reader
        words = reader.document.content(of: object)
        last = words.lowerBound
    }

    var keys: [String] {
        stride(from: words.lowerBound, to: words.upperBound, by: 2).map {
            reader.string(reader.document[word: $0].index)
        }
    }

    func value(_ key: String) -> JSONValue? {
        var key = key
        let found = key.withUTF8 { key in
            first(key, last..<words.upperBound) ?? first(key, words.lowerBound..<last)
        }
        guard let found else { return nil }
        last = found
        return reader.document[word: found + 1]
    }

    private func first(_ key: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var place = range.lowerBound
        while place < range.upperBound {
            if reader.document.isText(reader.document[word: place].index, key) { return place }
            place += 2
        }
        return nil
    }
}

private struct JSONObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: JSONMembers

    private var reader: JSONReader { members.reader }
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members.value(key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try value(key).kind == .null }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader.decode(type, try value(key), at: key)
    }

    /// The protocol's own looks for the key three times.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = members.value(key.stringValue), value.kind != .null else { return nil }
        return try reader.decode(type, value, at: key)
    }

    private func value(_ key: Key) throws -> JSONValue {
        guard let value = members.value(key.stringValue) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: ""))
        }
        return value
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedDecodingContainer<Nested> {
        unused()
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { unused() }
    func superDecoder(forKey key: Key) -> any Decoder { unused() }
    func superDecoder() -> any Decoder { unused() }
}

private struct JSONElementIndex: CodingKey {
    let intValue: Int?
    var stringValue: String { "\(intValue ?? 0)" }

    init(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
}

private struct JSONElements: UnkeyedDecodingContainer {
    let reader: JSONReader
    let words: Range<Int>
    private(set) var currentIndex = 0

    var codingPath: [any CodingKey] { [] }
    var count: Int? { words.count }
    var isAtEnd: Bool { currentIndex == words.count }

    /// A null is for the element's type to refuse.
    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let key = JSONElementIndex(intValue: currentIndex)
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(type, .init(codingPath: [key], debugDescription: ""))
        }
        let element = try reader.decode(type, reader.document[word: words.lowerBound + currentIndex], at: key)
        currentIndex += 1
        return element
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> { unused() }
    func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { unused() }
    func superDecoder() -> any Decoder { unused() }
}

/// No value of a report reads itself by these: each part is a value of its own.
private func unused() -> Never { preconditionFailure("a report's values nest no containers") }
