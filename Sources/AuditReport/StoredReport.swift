import AuditCore
import FoundationEssentials

extension Report {
    /// A bound on the size of a stored report, in bytes: reading one takes several times its memory.
    public static let mostBytes = 256 << 20

    /// Reads a report as `--format json` wrote it.
    ///
    /// - Parameter path: for messages.
    public init(stored bytes: [UInt8], at path: String) throws(AuditError) {
        do {
            // Foundation refuses nesting beyond 512 levels.
            self = try JSONDecoder().decode(Report.self, from: Data(bytes))
        } catch let error as OtherSchema {
            throw AuditError(
                "it is a '\(shortened(error.name, to: 60))', and this version reads '\(Self.schema)'",
                at: "\(path): schema",
                remedy: "read it with the dioaudit that wrote it, or make the report again", exit: .badInput)
        } catch let error as DecodingError {
            throw error.refusal(of: path, bytes)
        } catch {
            throw AuditError("\(error)", at: path, remedy: remedy, exit: .badInput)
        }
    }
}

private let remedy = "give a report as '--format json=PATH' of this version writes it; make it again"

extension DecodingError {
    fileprivate func refusal(of path: String, _ bytes: [UInt8]) -> AuditError {
        let (what, keys) =
            switch self {
            case .keyNotFound(let key, let context): ("this key is missing", context.codingPath + [key])
            case .valueNotFound(_, let context): ("null where a value belongs", context.codingPath)
            case .typeMismatch(let type, let context): ("this is no \(word(for: type))", context.codingPath)
            case .dataCorrupted(let context): (words(of: context), context.codingPath)
            @unknown default: ("\(self)", [])
            }
        // Foundation says neither where a number stands that does not fit its type, nor which it is.
        let number = keys.isEmpty ? JSONNumbers.firstThatIsNoCount(in: bytes) : nil
        let place = number?.place ?? keyPath(keys)
        return AuditError(
            "not a report that can be read: \(number.map { "\($0.text) is no count" } ?? what)",
            at: place.isEmpty ? path : "\(path): \(place)", remedy: remedy, exit: .badInput)
    }
}

/// `audits[0].phases[2].events.malloc`
private func keyPath(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { path, key in
        if let index = key.intValue {
            path += "[\(index)]"
        } else {
            path += (path.isEmpty ? "" : ".") + shortened(key.stringValue, to: 60)
        }
    }
}

private func word(for type: Any.Type) -> String {
    switch type {
    case is String.Type: "string"
    case is Bool.Type: "true or false"
    case is UInt64.Type, is Int.Type, is Int32.Type, is Double.Type: "number"
    case is [Any].Type: "array"
    default: "object or array as it belongs here"
    }
}

private func words(of context: DecodingError.Context) -> String {
    // What is wrong with the JSON itself, with its line and column.
    let reason = context.underlyingError.map { " (\($0))" } ?? ""
    return shortened(context.debugDescription + reason, to: 300)
}

/// A look at the numbers of JSON that could not be read, to say which is wrong.
private enum JSONNumbers {
    /// Keys of which the numbers may be fractions.
    private static let fractions = ["perTransfer", "limit", "used"].map { Array($0.utf8) }

    static func firstThatIsNoCount(in bytes: [UInt8]) -> (text: String, place: String)? {
        var path: [Step] = []
        var string = bytes[0..<0]
        var index = 0
        while index < bytes.count {
            let start = index
            index += 1
            switch bytes[start] {
            case UInt8(ascii: "\""):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                string = bytes[(start + 1)..<max(start + 1, min(index, bytes.count))]
                index += 1
            case UInt8(ascii: ":"): if !path.isEmpty { path[path.count - 1].key = string }
            case UInt8(ascii: ","): if !path.isEmpty { path[path.count - 1].index += 1 }
            case UInt8(ascii: "{"): path.append(Step(isObject: true))
            case UInt8(ascii: "["): path.append(Step(isObject: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = path.popLast()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                while index < bytes.count, isOfNumber(bytes[index]) { index += 1 }
                let text = String(decoding: bytes[start..<index], as: UTF8.self)
                let mayBeFraction = path.last.map { step in fractions.contains { step.key.elementsEqual($0) } } ?? false
                if mayBeFraction ? Double(text).map(\.isFinite) ?? false : UInt64(text) != nil { continue }
                return (shortened(text, to: 40), keyPath(path.map(\.codingKey)))
            default: break
            }
        }
        return nil
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }

    /// An object or array that is not over yet, and where it is.
    private struct Step {
        let isObject: Bool
        var key: ArraySlice<UInt8> = []
        var index = 0

        var codingKey: Key {
            isObject ? Key(stringValue: String(decoding: key, as: UTF8.self)) : Key(intValue: index)
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) {
            self.stringValue = stringValue
            intValue = nil
        }

        init(intValue: Int) {
            stringValue = "\(intValue)"
            self.intValue = intValue
        }
    }
}
