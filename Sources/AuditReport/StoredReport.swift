import AuditCore

extension Report {
    /// A bound on the size of a stored report, in bytes.
    public static let mostBytes = 1 << 30

    /// Reads a report as `--format json` wrote it.
    ///
    /// - Parameter path: for messages.
    public init(stored bytes: [UInt8], at path: String) throws(AuditError) {
        self = try Self.read(at: path) { try readJSON(Report.self, without: madeAnew, bytes) }
    }

    /// The same, a piece at a time.
    ///
    /// - Parameter size: in bytes, if that is known.
    public init(storedOf size: Int, at path: String, from source: ByteSource) throws(AuditError) {
        self = try Self.read(at: path) { try readJSON(Report.self, size: size, without: madeAnew, from: source) }
    }

    private static func read(at path: String, _ body: () throws -> Report) throws(AuditError) -> Report {
        do {
            return try body()
        } catch let error as AuditError {
            throw error
        } catch let error as OtherSchema {
            throw AuditError(
                "it is a '\(shortened(error.name, to: 60))', and this version reads '\(Self.schema)'",
                at: "\(path): schema",
                remedy: "read it with the dioaudit that wrote it, or make the report again", exit: .badInput)
        } catch let problem as JSONProblem {
            throw AuditError(
                "not a report that can be read: \(problem.what)", at: "\(path):\(problem.line):\(problem.column)",
                remedy: remedy, exit: .badInput)
        } catch let error as DecodingError {
            throw error.refusal(of: path)
        } catch {
            throw AuditError("\(error)", at: path, remedy: remedy, exit: .badInput)
        }
    }
}

/// Places are made anew of the violations that they are of.
private let madeAnew = "places"

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
