import AuditCore

/// The violations of one kind at one place: what the formats that list findings call one.
struct ViolationGroup {
    let place: Place
    let kind: EventKind
    /// First the one of the most calls.
    let violations: [Violation]
    /// The suppression, budget or baseline that accepts them; nil if they count.
    let acceptedBy: String?
    let calls: UInt64
    let bytes: UInt64

    fileprivate init(_ place: Place, _ kind: EventKind, _ violations: [Violation], _ acceptedBy: String?) {
        self.place = place
        self.kind = kind
        self.violations = violations
        self.acceptedBy = acceptedBy
        let count = violations.reduce(into: EventCount()) { $0 += EventCount(calls: $1.calls, bytes: $1.bytes) }
        calls = count.calls
        bytes = count.bytes
    }

    /// `100 mallocs in the steady phase, 3200 bytes, 1.01 for each transfer, first at transfer 1, thread 'writer'`
    var text: String {
        let first = violations[0]
        var parts = ["\(kind.text(calls)) in the \(first.phase.rawValue) phase"]
        if bytes > 0 { parts.append(Figures.count(bytes, "byte")) }
        if let rate = place.perTransfer, place.calls > 0 {
            parts.append("\(Figures.rate(rate * Double(calls) / Double(place.calls))) for each transfer")
        }
        if let transfer = place.firstTransfer { parts.append("first at transfer \(transfer)") }
        if let thread = place.threads.first {
            let others = place.threads.count - 1
            parts.append("thread '\(printable(thread))'" + (others > 0 ? " and \(others) more" : ""))
        }
        if let allocation = first.allocation {
            parts.append("\(printable(allocation.gfp)), risk \(allocation.riskText)")
        }
        return parts.joined(separator: ", ")
    }

    /// The function that asked for it.
    var function: String { place.frame.map(\.name) ?? violations[0].unknownPlace }
}

/// First those of the worst place, each place's in the order of the kinds. Each is made when it is asked for, since there may be many.
struct ViolationGroups: RandomAccessCollection {
    private let violations: [Violation]
    private let places: [Place]
    private let acceptedBy: String?
    private let groups: [(place: Int, kind: EventKind)]

    init(_ violations: [Violation], at places: [Place], acceptedBy: String? = nil) {
        self.violations = violations
        self.places = places
        self.acceptedBy = acceptedBy
        groups = places.indices.flatMap { index in
            let place = places[index]
            guard place.violations.count > 1 else { return [(index, violations[place.violations[0]].kind)] }
            return EventKind.allCases.filter { place.kinds[$0] != nil }.map { (index, $0) }
        }
    }

    /// Of each its place's frame and its first violation, without the group itself.
    func firsts<Result>(_ transform: (Frame?, Violation) -> Result) -> [Result] {
        groups.map { group in
            let place = places[group.place]
            let first = place.violations.first { violations[$0].kind == group.kind }!
            return transform(place.frame, violations[first])
        }
    }

    var startIndex: Int { 0 }
    var endIndex: Int { groups.count }

    subscript(index: Int) -> ViolationGroup {
        let (place, kind) = (places[groups[index].place], groups[index].kind)
        let here = place.violations.lazy.map { violations[$0] }.filter { $0.kind == kind }
        return ViolationGroup(place, kind, Array(here), acceptedBy)
    }
}

extension Audit {
    /// Those that count.
    var groups: ViolationGroups { ViolationGroups(violations, at: places) }

    /// Those that the user's suppressions, budgets and baseline accept.
    var acceptedGroups: [ViolationGroups] {
        let accepted =
            suppressions.map(\.name).unique.map { name in
                (name, suppressed.filter { $0.suppression == name }.map(\.violation))
            } + budgets.map { ("--budget \($0.budget)", $0.violations) } + [("known from the baseline", known)]
        return accepted.map { name, violations in
            ViolationGroups(violations, at: Place.all(of: violations, in: processes), acceptedBy: name)
        }
    }

    /// What keeps it from passing beside its violations, which the first reason of a failure sums up.
    var otherReasons: [String] { Array(reasonsInWords.dropFirst(violations.isEmpty ? 0 : 1)) }
}

extension Frame {
    /// Its function, or its module and the address there.
    var name: String {
        if let function, !function.isEmpty { return function }
        let file = module.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        return "\(file ?? "??")+0x\(String(offset, radix: 16))"
    }
}
