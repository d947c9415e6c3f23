/// Which kinds of event are violations in the steady phase.
public struct Policy: Equatable, Sendable {
    public let forbidden: Set<EventKind>

    /// Counted and shown, but no violations by themselves: they return memory, advise, or lock.
    public static let allowedByDefault: Set<EventKind> = [
        .free, .freeSized, .freeAlignedSized, .munmap, .madvise, .mlock, .mlockall, .syscallMunmap,
    ]

    /// - Parameters:
    ///   - allow: kinds that are no violations.
    ///   - forbid: kinds that are, even if `allow` names them: the stricter word wins.
    public init(allow: Set<EventKind> = [], forbid: Set<EventKind> = []) {
        var left = Set(EventKind.counted).subtracting(Self.allowedByDefault).subtracting(allow)
        // What nothing explains is judged where its kind is: pages with minor page faults, mappings with mmap.
        if !left.contains(.pageFaultMinor) { left.remove(.pagesUnexplained) }
        if left.isDisjoint(with: [.mmap, .syscallMmap]) { left.remove(.mappingsUnexplained) }
        forbidden = left.union(forbid)
    }

    public func forbids(_ kind: EventKind) -> Bool {
        forbidden.contains(kind)
    }

    /// Reads a list as `--forbid` and `--allow` take it: kinds with commas between them; `all`, `heap`, `mappings` and
    /// `faults` stand for groups.
    public static func kinds(in list: String) throws(AuditError) -> Set<EventKind> {
        var kinds = Set<EventKind>()
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            if let group = EventKind.group(String(name)) {
                kinds.formUnion(group)
            } else if let kind = EventKind.counted.first(where: { $0.rawValue == name }) {
                kinds.insert(kind)
            } else {
                throw AuditError(
                    "no such kind of event", at: "'\(name)'",
                    remedy: "use 'all', 'heap', 'mappings', 'faults' or any of: "
                        + EventKind.counted.map(\.rawValue).joined(separator: ", ")
                        + "; what the kernel allocates is --kernel-limit's",
                    exit: .usage)
            }
        }
        return kinds
    }
}

extension EventKind {
    static func group(_ name: String) -> [EventKind]? {
        switch name {
        case "all": counted
        case "heap": counted.filter { $0.family == .heap }
        case "mappings": counted.filter { [.mapping, .systemCall].contains($0.family) || $0 == .mappingsUnexplained }
        case "faults": counted.filter { $0.family == .pageFault || $0 == .pagesUnexplained }
        default: nil
        }
    }
}
