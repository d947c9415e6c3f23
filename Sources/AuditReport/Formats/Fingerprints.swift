import AuditCore

/// By which services that keep findings know each one again in the next run: of a place's identity (`PlaceIdentity`), and so of no line,
/// address or process. Where several lines of a function have one kind, they are numbered in their order.
///
/// - Parameter report: of several, the one that the audit is in.
func fingerprints(of groups: [ViolationGroup], in audit: Audit, _ report: String? = nil) -> [String] {
    let keys = groups.map(FingerprintKey.init)
    var numbers = [Int](repeating: 1, count: keys.count)
    for alike in Dictionary(grouping: keys.indices, by: { keys[$0].identity }).values where alike.count > 1 {
        let lines = Set(alike.map { keys[$0].line }).sorted()
        let numberOfLine = Dictionary(uniqueKeysWithValues: zip(lines, 1...))
        for index in alike { numbers[index] = numberOfLine[keys[index].line]! }
    }
    let names = (report.map { [$0] } ?? []) + [audit.name]
    return keys.indices.map { fingerprint(names + keys[$0].identity + ["\(numbers[$0])"]) }
}

private struct FingerprintKey {
    struct Line: Hashable, Comparable {
        let line: Int
        let offset: UInt64

        static func < (left: Line, right: Line) -> Bool { (left.line, left.offset) < (right.line, right.offset) }
    }

    let identity: [String]
    let line: Line

    init(_ group: ViolationGroup) {
        let violation = group.violations[0]
        let own = group.place.frame.flatMap { violation.stack.firstIndex(of: $0) }
        identity = [group.kind.rawValue, PlaceIdentity(of: violation, ownFrame: own)?.text ?? ""]
        line = Line(line: group.place.frame?.line ?? 0, offset: group.place.frame?.offset ?? 0)
    }
}

/// 64 bits (FNV-1a), as hexadecimal digits. It is the same in each process, as Swift's own hashes are not.
func fingerprint(_ parts: [String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
        // The end of a part is in it too.
        for byte in Array(part.utf8) + [0] {
            hash ^= UInt64(byte)
            hash &*= 0x100_0000_01b3
        }
    }
    return hexadecimal(hash, digits: 16)
}
