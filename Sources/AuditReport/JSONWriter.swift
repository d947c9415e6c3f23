import AuditCore

/// Spells a value in the order in which it is read, and keeps no more of it than the objects that are not yet complete.
///
/// Frames of call stacks are most of a large report, and mostly the same ones. Each stands on one line, and is spelled once.
final class JSONWriter {
    private let sink: (String) throws -> Void
    private var text = ""
    private var depth = 0
    private var isOneLine = false
    /// Of each depth.
    private var lineStarts: [String] = []
    /// With the frame itself: while it is kept, no other has its identity.
    private var frames: [ObjectIdentifier: (frame: Frame, line: String)] = [:]

    init(_ sink: @escaping (String) throws -> Void) {
        self.sink = sink
    }

    func end() throws {
        text += "\n"
        try sink(text)
        text = ""
    }

    func write<Value: Encodable>(_ value: Value) throws {
        switch value {
        case let frame as Frame: try write(frame: frame)
        case let string as String: write(string: string)
        case let flag as Bool: text += flag ? "true" : "false"
        case let number as UInt64: text += String(number)
        case let number as Int: text += String(number)
        case let number as any BinaryInteger: text += number.description
        case let number as Double: try write(double: number)
        default: try write(structured: value)
        }
    }

    func writeNull() { text += "null" }

    private func write<Value: Encodable>(structured value: Value) throws {
        let encoding = JSONEncoding(self)
        try value.encode(to: encoding)
        if let isEmpty = encoding.isEmptyArray {
            depth -= 1
            if !isEmpty { newLine() }
            text += "]"
        } else if let members = encoding.members {
            try write(members: members)
        }
    }

    /// An array's elements are written as they come.
    func writeElement(_ value: some Encodable, isFirst: Bool) throws {
        if !isFirst { text += "," }
        newLine()
        try write(value)
        guard text.utf8.count > Self.pieceLength, !isOneLine else { return }
        try sink(text)
        text.removeAll(keepingCapacity: true)
    }

    func beginArray() {
        text += "["
        depth += 1
    }

    /// An object's members are sorted first.
    private func write(members: [JSONMember]) throws {
        text += "{"
        depth += 1
        for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { text += isOneLine ? ", " : "," }
            newLine()
            write(string: member.key)
            text += ": "
            switch member.value {
            case .null: writeNull()
            case .string(let string): write(string: string)
            case .spelled(let number): text += number
            case .other(let value): try write(value)
            }
        }
        depth -= 1
        if !members.isEmpty { newLine() }
        text += "}"
    }

    private func newLine() {
        if isOneLine { return }
        while lineStarts.count <= depth { lineStarts.append("\n" + spaces(2 * lineStarts.count)) }
        text += lineStarts[depth]
    }

    private func write(frame: Frame) throws {
        if let spelled = frames[frame.identity] {
            text += spelled.line
            return
        }
        var line = ""
        swap(&line, &text)
        isOneLine = true
        try write(structured: frame)
        isOneLine = false
        swap(&line, &text)
        text += line
        if frames.count >= Self.mostFrames { frames.removeAll() }
        frames[frame.identity] = (frame, line)
    }

    private func write(double number: Double) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "JSON has no \(number)"))
        }
        let digits = number.description
        text += digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits
    }

    /// JSON need not escape what turns the direction of writing or begins a line (U+202E, U+2028), but people look at it in
    /// terminals.
    private func write(string: String) {
        text += "\""
        if string.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            text += string
        } else {
            for scalar in string.unicodeScalars { write(scalar: scalar) }
        }
        text += "\""
    }

    private func write(scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case _ where scalar.isInvisible:
            for unit in UTF16.encode(scalar)! {
                text += "\\u" + hexadecimal(unit, digits: 4)
            }
        default: text.unicodeScalars.append(scalar)
        }
    }

    private static let pieceLength = 1 << 16
    /// A compiler's template may make millions.
    private static let mostFrames = 1 << 16
}
