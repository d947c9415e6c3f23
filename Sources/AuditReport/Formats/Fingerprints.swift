import AuditCore

/// By which services that keep findings know each one again in the next run: of a place's identity (`PlaceIdentity`), and so of no line,
/// address or process. Where several lines of a function have one kind, they are numbered in their order.
///
/// - Parameter report: of several, the one that the audit is in.
func fingerprints(of groups: [ViolationGroups], in audit: Audit, _ report: String? = nil) -> [String] {
    var names = Fingerprint()
    for name in (report.map { [$0] } ?? []) + [audit.name] { names.add(name) }
    let keys = groups.flatMap { groups in groups.firsts { FingerprintKey($0, $1, names) } }
    var numbers = [Int](repeating: 1, count: keys.count)
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    for (before, index) in zip(order, order.dropFirst()) where keys[before].identity == keys[index].identity {
        numbers[index] = numbers[before] + (keys[before] < keys[index] ? 1 : 0)
    }
    return keys.indices.map { index in
        var fingerprint = keys[index].identity
        fingerprint.add("\(numbers[index])")
        return fingerprint.text
    }
}

private struct FingerprintKey: Comparable {
    let identity: Fingerprint
    let line: Int
    let offset: UInt64

    /// - Parameter violation: the one of the most calls, of its kind and place.
    init(_ frame: Frame?, _ violation: Violation, _ names: Fingerprint) {
        let own = frame.flatMap { violation.stack.firstIndex(of: $0) }
        var identity = names
        identity.add(violation.kind.rawValue)
        identity.add(PlaceIdentity(of: violation, ownFrame: own)?.text ?? "")
        self.identity = identity
        line = frame?.line ?? 0
        offset = frame?.offset ?? 0
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.identity.hash, left.line, left.offset) < (right.identity.hash, right.line, right.offset)
    }
}

func fingerprint(_ parts: [String]) -> String {
    var fingerprint = Fingerprint()
    for part in parts { fingerprint.add(part) }
    return fingerprint.text
}

/// 64 bits (FNV-1a), as hexadecimal digits. It is the same in each process, as Swift's own hashes are not.
private struct Fingerprint: Equatable {
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The end of a part is in it too.
    mutating func add(_ part: String) {
        for byte in part.utf8 { add(byte) }
        add(0)
    }

    private mutating func add(_ byte: UInt8) {
        hash ^= UInt64(byte)
        hash &*= 0x100_0000_01b3
    }

    var text: String { hexadecimal(hash, digits: 16) }
}
