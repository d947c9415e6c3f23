import AuditCore
import CDioauditAssertions

/// What is counted: the names of `dioaudit run --forbid` and `--allow`.
///
/// Page faults are judged while the process is locked by `mlockall(MCL_FUTURE)`, and where one of them is forbidden by name.
public enum AllocationKind: String, CaseIterable, Sendable {
    case malloc, calloc, realloc, reallocarray, free
    case posixMemalign, alignedAlloc, memalign, valloc, pvalloc
    case freeSized, freeAlignedSized
    case mmap, munmap, mremap, brk, sbrk, madvise
    case mlock, munlock, mlockall, munlockall
    case pageFaultMinor, pageFaultMajor

    static let pageFaults: [Self] = [.pageFaultMinor, .pageFaultMajor]

    var kind: EventKind { EventKind(rawValue: rawValue)! }
}

extension Policy {
    /// The same where page faults are not judged.
    var withoutFaults: Policy {
        Policy(allow: Set(EventKind.allCases), forbid: forbidden.subtracting(AllocationKind.pageFaults.map(\.kind)))
    }
}

/// What a judged body may do.
struct Allowance: Sendable {
    let policy: Policy
    let faults: dioaudit_assertion_faults
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
        let judged = AllocationKind.pageFaults.filter { policy.forbids($0.kind) }
        faults =
            judged.isEmpty
            ? DIOAUDIT_ASSERTION_FAULTS_ALLOWED
            : judged.contains(where: forbidding.contains)
                ? DIOAUDIT_ASSERTION_FAULTS_FORBIDDEN : DIOAUDIT_ASSERTION_FAULTS_IF_LOCKED
        forbidden = Recording.kinds.enumerated().reduce(0) { bits, event in
            event.element.map(policy.forbids) ?? false ? bits | 1 << UInt64(event.offset) : bits
        }
    }
}
