import AuditCore

/// By which services that keep findings know one again in the next run: of a place's identity (`PlaceIdentity`), and so of no line, address
/// or process. Where several lines of a function have one kind, they are numbered in their order.
struct Fingerprints {
    private let audit: String
    private var numbers: [Key: Int] = [:]

    private struct Key: Hashable {
        let kind: EventKind
        let identity: String
        let line: Int
        let offset: UInt64

        init(_ group: ViolationGroup) {
            kind = group.kind
            let violation = group.violations[0]
            let own = group.place.frame.flatMap { violation.stack.firstIndex(of: $0) }
            identity = PlaceIdentity(of: violation, ownFrame: own)?.text ?? ""
            line = group.place.frame?.line ?? 0
            offset = group.place.frame?.offset ?? 0
        }

        var withoutLine: [String] { [kind.rawValue, identity] }
    }

    init(_ audit: Audit, _ groups: [ViolationGroup]) {
        self.audit = audit.name
        for keys in Dictionary(grouping: groups.map(Key.init), by: \.withoutLine).values where keys.count > 1 {
            let sorted = keys.sorted { ($0.line, $0.offset) < ($1.line, $1.offset) }
            for (number, key) in sorted.enumerated() { numbers[key] = number + 1 }
        }
    }

    func text(_ group: ViolationGroup) -> String {
        let key = Key(group)
        return fingerprint([audit] + key.withoutLine + ["\(numbers[key] ?? 1)"])
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
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
