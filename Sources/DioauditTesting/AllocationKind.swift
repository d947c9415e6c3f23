import AuditCore

/// The calls that are counted: the names of `dioaudit run --forbid` and `--allow`.
public enum AllocationKind: String, CaseIterable, Sendable {
    case malloc, calloc, realloc, reallocarray, free
    case posixMemalign, alignedAlloc, memalign, valloc, pvalloc
    case freeSized, freeAlignedSized
    case mmap, munmap, mremap, brk, sbrk, madvise
    case mlock, munlock, mlockall, munlockall

    var kind: EventKind { EventKind(rawValue: rawValue)! }
}

/// What a judged body may do.
struct Allowance: Sendable {
    let policy: Policy
    /// A bit for each event, by its number, that the policy forbids.
    let forbidden: UInt64
    /// Calls in all the judged runs, of the kinds that the policy forbids.
    var calls = 0.0

    static func upTo(_ calls: Double, allowing: [AllocationKind], forbidding: [AllocationKind]) -> Allowance {
        var allowance = allowing.isEmpty && forbidding.isEmpty ? none : Allowance(allowing, forbidding)
        allowance.calls = calls
        return allowance
    }

    /// Made once: most assertions are of this.
    private static let none = Allowance([], [])

    private init(_ allowing: [AllocationKind], _ forbidding: [AllocationKind]) {
        let others = EventKind.allCases.filter { AllocationKind(rawValue: $0.rawValue) == nil }
        let policy = Policy(allow: Set(allowing.map(\.kind)).union(others), forbid: Set(forbidding.map(\.kind)))
        self.policy = policy
        forbidden = Recording.kinds.enumerated().reduce(0) { bits, event in
            event.element.map(policy.forbids) ?? false ? bits | 1 << UInt64(event.offset) : bits
        }
    }
}
