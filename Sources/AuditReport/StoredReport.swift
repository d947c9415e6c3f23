import AuditCore

extension Report {
    /// A bound on the size of a stored report, in bytes: reading one takes several times its memory.
    public static let mostBytes = 256 << 20

    /// Reads a report as `--format json` wrote it.
    ///
    /// - Parameter path: for messages.
    public init(stored bytes: [UInt8], at path: String) throws(AuditError) {
        do {
            self = try readJSON(Report.self, bytes)
        } catch let error as OtherSchema {
            throw AuditError(
                "it is a '\(shortened(error.name, to: 60))', and this version reads '\(Self.schema)'",
                at: "\(path): schema",
                remedy: "read it with the dioaudit that wrote it, or make the report again", exit: .badInput)
        } catch let problem as JSONProblem {
            let (line, column) = place(of: problem.offset, in: bytes)
            throw AuditError(
                "not a report that can be read: \(problem.what)", at: "\(path):\(line):\(column)", remedy: remedy,
                exit: .badInput)
        } catch let error as DecodingError {
            throw error.refusal(of: path)
        } catch {
            throw AuditError("\(error)", at: path, remedy: remedy, exit: .badInput)
        }
    }
}

/// Both from 1 on; a column counts bytes.
private func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes[..<offset]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (before.count { $0 == UInt8(ascii: "\n") } + 1, offset - start + 1)
}

private let remedy = "give a report as '--format json=PATH' of this version writes it; make it again"

extension DecodingError {
    fileprivate func refusal(of path: String) -> AuditError {
        let (what, keys) =
            switch self {
            case .keyNotFound(let key, let context): ("this key is missing", context.codingPath + [key])
            case .valueNotFound(_, let context): ("null where a value belongs", context.codingPath)
            case .typeMismatch(let type, let context): ("this is no \(word(for: type))", context.codingPath)
            case .dataCorrupted(let context): (shortened(context.debugDescription, to: 300), context.codingPath)
            @unknown default: ("\(self)", [])
            }
        let place = keyPath(keys)
        return AuditError(
            "not a report that can be read: \(what)", at: place.isEmpty ? path : "\(path): \(place)", remedy: remedy,
            exit: .badInput)
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
    default: "object"
    }
}
