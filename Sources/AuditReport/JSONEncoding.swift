/// A value that holds no others.
enum JSONScalar {
    case null
    case string(String)
    case flag(Bool)
    case natural(UInt64)
    case integer(Int64)
    case real(Double)

    /// Nil for one that does. By its type: a large report has millions.
    init?<Value: Encodable>(_ value: Value) {
        if Value.self == String.self {
            self = .string(unsafeBitCast(value, to: String.self))
        } else if Value.self == UInt64.self {
            self = .natural(unsafeBitCast(value, to: UInt64.self))
        } else if Value.self == Int.self {
            self.init(number: unsafeBitCast(value, to: Int.self))
        } else if Value.self == Int32.self {
            self.init(number: unsafeBitCast(value, to: Int32.self))
        } else if Value.self == Bool.self {
            self = .flag(unsafeBitCast(value, to: Bool.self))
        } else if Value.self == Double.self {
            self = .real(unsafeBitCast(value, to: Double.self))
        } else {
            return nil
        }
    }

    /// Of a value that the standard library encodes by itself, whatever kind of integer it is.
    init?(single value: some Encodable) {
        if let scalar = JSONScalar(value) {
            self = scalar
        } else if let number = value as? any BinaryInteger {
            self.init(number: number)
        } else {
            return nil
        }
    }

    private init(number: some BinaryInteger) {
        self = number < 0 ? .integer(Int64(number)) : .natural(UInt64(number))
    }
}

/// A member of an object.
struct JSONMember {
    enum Value {
        /// What is small is not boxed.
        case scalar(JSONScalar)
        case other(any Encodable)
    }

    let key: String
    let value: Value
}

/// What a value encodes itself to: a `JSONWriter` gets an array's elements and single values at once, and an object's members
/// when all are there.
final class JSONEncoding: Encoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private let writer: JSONWriter
    /// Of an object.
    fileprivate(set) var members: [JSONMember]?
    /// Of an array.
    fileprivate(set) var isEmptyArray: Bool?

    init(_ writer: JSONWriter) {
        self.writer = writer
    }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        members = members ?? []
        return KeyedEncodingContainer(Object(encoding: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.beginArray()
        isEmptyArray = true
        return Elements(writer: writer, encoding: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(writer: writer) }
}

private struct Object<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoding: JSONEncoding
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { append(key, .scalar(.null)) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) {
        append(key, JSONScalar(value).map(JSONMember.Value.scalar) ?? .other(value))
    }

    private func append(_ key: Key, _ value: JSONMember.Value) {
        encoding.members?.append(JSONMember(key: key.stringValue, value: value))
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        unused()
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { unused() }
    func superEncoder() -> any Encoder { unused() }
    func superEncoder(forKey key: Key) -> any Encoder { unused() }
}

private struct Elements: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let encoding: JSONEncoding
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(writer: JSONWriter, encoding: JSONEncoding) {
        self.writer = writer
        self.encoding = encoding
    }

    mutating func encodeNil() throws { try encode(String?.none) }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        encoding.isEmptyArray = false
        try writer.writeElement(value, isFirst: count == 0)
        count += 1
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> { unused() }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { unused() }
    func superEncoder() -> any Encoder { unused() }
}

private struct Single: SingleValueEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil() throws { try writer.write(.null) }

    func encode<Value: Encodable>(_ value: Value) throws {
        if let scalar = JSONScalar(single: value) { try writer.write(scalar) } else { try writer.write(value) }
    }
}

/// No value of a report encodes itself by these: each part is a value of its own.
private func unused() -> Never { preconditionFailure("a report's values nest no containers") }
