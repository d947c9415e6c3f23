import AuditCore
import Glibc

/// Spells a value in the order in which it is read, and keeps no more of it than the objects that are not yet complete.
///
/// Frames of call stacks are most of a large report, and mostly the same ones. Each stands on one line, and is spelled once.
final class JSONWriter {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let output = JSONBytes()
    private var depth = 0
    private var isOneLine = false
    /// With the frame itself: while it is kept, no other has its identity.
    private var frames: [ObjectIdentifier: (frame: Frame, line: [UInt8])] = [:]
    /// Of types whose values are objects.
    private var layouts: [ObjectIdentifier: JSONLayout] = [:]

    init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
    }

    func end() throws {
        output.append("\n")
        try flush()
    }

    private func flush() throws {
        defer { output.removeAll() }
        try sink(output.bytes)
    }

    func write<Value: Encodable>(_ value: Value) throws {
        // A cast by the value's own type, which is the same: a dynamic one takes longer than all else here.
        if Value.self == Frame.self { return try write(frame: unsafeBitCast(value, to: Frame.self)) }
        if Value.self == [Frame].self { return try write(elements: unsafeBitCast(value, to: [Frame].self)) }
        if Value.self == [String].self { return try write(elements: unsafeBitCast(value, to: [String].self)) }
        if Value.self == [Int].self { return try write(elements: unsafeBitCast(value, to: [Int].self)) }
        if let scalar = JSONScalar(value) { return try write(scalar) }
        try write(structured: value)
    }

    func write(_ scalar: JSONScalar) throws {
        switch scalar {
        case .null: output.append("null")
        case .string(let string): output.append(quoted: string)
        case .flag(let flag): output.append(flag ? "true" : "false")
        case .natural(let number): output.append(number: number)
        case .integer(let number): output.append(plain: String(number))
        case .real(let number): try write(double: number)
        }
    }

    private func write<Value: Encodable>(structured value: Value) throws {
        let encoding = JSONEncoding(self)
        try value.encode(to: encoding)
        if let isEmpty = encoding.isEmptyArray {
            endArray(isEmpty: isEmpty)
        } else if let members = encoding.members {
            try write(members: members, of: Value.self)
        }
    }

    // MARK: arrays

    func beginArray() {
        output.append("[")
        depth += 1
    }

    /// An array's elements are written as they come.
    func writeElement(_ value: some Encodable, isFirst: Bool) throws {
        if !isFirst { output.append(",") }
        newLine()
        try write(value)
        if output.isLarge, !isOneLine { try flush() }
    }

    private func endArray(isEmpty: Bool) {
        depth -= 1
        if !isEmpty { newLine() }
        output.append("]")
    }

    private func write(elements: [some Encodable]) throws {
        beginArray()
        for (index, element) in elements.enumerated() {
            try writeElement(element, isFirst: index == 0)
        }
        endArray(isEmpty: elements.isEmpty)
    }

    // MARK: objects

    /// An object's members are sorted first.
    private func write(members: [JSONMember], of type: Any.Type) throws {
        output.append("{")
        depth += 1
        let layout = layout(of: members, type)
        for (index, place) in layout.order.enumerated() {
            if index > 0 { output.append(isOneLine ? ", " : ",") }
            newLine()
            output.append(layout.spelled[index])
            switch members[place].value {
            case .scalar(let scalar): try write(scalar)
            case .other(let value): try write(value)
            }
        }
        depth -= 1
        if !members.isEmpty { newLine() }
        output.append("}")
    }

    /// Objects of one type mostly have the same keys.
    private func layout(of members: [JSONMember], _ type: Any.Type) -> JSONLayout {
        let type = ObjectIdentifier(type)
        if let known = layouts[type], known.isOf(members) { return known }
        let layout = JSONLayout(members)
        layouts[type] = layout
        return layout
    }

    private func newLine() {
        if !isOneLine { output.append(lineStartOf: depth) }
    }

    private func write(frame: Frame) throws {
        if let spelled = frames[frame.identity] {
            output.append(spelled.line)
            return
        }
        let start = output.count
        isOneLine = true
        try write(structured: frame)
        isOneLine = false
        if frames.count >= Self.mostFrames { frames.removeAll(keepingCapacity: true) }
        frames[frame.identity] = (frame, Array(output.bytes[start...]))
    }

    private func write(double number: Double) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "JSON has no \(number)"))
        }
        let digits = number.description
        output.append(plain: digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits)
    }

    /// Those that many stacks share come again soon.
    private static let mostFrames = 1 << 12
}

/// The keys of an object, and in which order they are written.
private final class JSONLayout {
    private let keys: [String]
    let order: [Int]
    /// Each with its colon, in that order.
    let spelled: [[UInt8]]

    init(_ members: [JSONMember]) {
        let keys = members.map(\.key)
        let order = keys.indices.sorted { keys[$0] < keys[$1] }
        self.keys = keys
        self.order = order
        spelled = order.map { index in
            let bytes = JSONBytes()
            bytes.append(quoted: keys[index])
            bytes.append(": ")
            return Array(bytes.bytes)
        }
    }

    func isOf(_ members: [JSONMember]) -> Bool {
        guard members.count == keys.count else { return false }
        for index in keys.indices where members[index].key != keys[index] { return false }
        return true
    }
}
