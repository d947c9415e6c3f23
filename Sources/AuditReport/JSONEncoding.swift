/// A member of an object.
struct JSONMember {
    enum Value {
        case null
        case string(String)
        /// As it is written.
        case spelled(String)
        case other(any Encodable)

        /// What is small is not boxed: a large report has millions.
        init<Encoded: Encodable>(_ value: Encoded) {
            self =
                switch value {
                case let string as String: .string(string)
                case let number as UInt64: .spelled(String(number))
                case let number as Int: .spelled(String(number))
                case let number as Int32: .spelled(String(number))
                case let flag as Bool: .spelled(flag ? "true" : "false")
                default: .other(value)
                }
        }
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

    func encodeNil(forKey key: Key) { encoding.members?.append(JSONMember(key: key.stringValue, value: .null)) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) {
        encoding.members?.append(JSONMember(key: key.stringValue, value: .init(value)))
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

    func encodeNil() { writer.writeNull() }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.write(value) }
}

/// No value of a report encodes itself by these: each part is a value of its own.
private func unused() -> Never { preconditionFailure("a report's values nest no containers") }
