/// How often the kernel may allocate for each steady transfer: a value of `--kernel-limit`.
public struct KernelLimit: Equatable, Sendable {
    enum Subject: Equatable, Sendable {
        case all
        case kind(KernelAllocation.Kind)
        /// Of this risk, or a worse one.
        case risk(KernelAllocation.Risk)
        case site(Glob)
    }

    /// As it was written.
    public let text: String
    let subject: Subject
    /// Allocations for each transfer.
    public let perTransfer: Double

    /// Reads `WHAT=N`: WHAT is `all`, a kind (`kmalloc`), a risk (`mayWaitForWriteback`: of this risk or worse), or a call
    /// site with `*` and `?`.
    public init?(_ text: String) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, let number = Double(String(halves[1])), number >= 0,
            number.isFinite
        else { return nil }
        self.text = text
        perTransfer = number
        let what = String(halves[0])
        if what == "all" {
            subject = .all
        } else if let kind = KernelAllocation.Kind(rawValue: what) {
            subject = .kind(kind)
        } else if let risk = KernelAllocation.Risk(rawValue: what) {
            subject = .risk(risk)
        } else {
            guard let site = Glob(what) else { return nil }
            subject = .site(site)
        }
    }

    /// The kind or risk that was probably meant, where a call site of nearly this name is named: a limit that holds nothing would
    /// pass. No call site has such a name; a pattern may begin so.
    public var meant: String? {
        guard namesSite, let what = text.split(separator: "=").first, !what.contains(where: "*?".contains) else {
            return nil
        }
        let words = KernelAllocation.Kind.allCases.map(\.rawValue) + KernelAllocation.Risk.allCases.map(\.rawValue)
        return String(what).nearest(of: words)
    }

    var namesSite: Bool { if case .site = subject { true } else { false } }

    func holds(_ allocation: KernelAllocation) -> Bool {
        switch subject {
        case .all: true
        case .kind(let kind): allocation.kind == kind
        case .risk(let risk): allocation.risk >= risk
        case .site(let pattern): pattern.matches(allocation.site)
        }
    }

    /// Those for call sites of which none is among what a subject was seen to make the kernel allocate.
    public static func unmet(_ limits: [KernelLimit], in ledger: Ledger) -> [KernelLimit] {
        let allocations = ledger.total.all.flatMap(\.kernel)
        return limits.filter { $0.namesSite && !allocations.contains(where: $0.holds) }
    }

    /// Whether this is a call site of those that it names.
    public func names(site: String) -> Bool {
        if case .site(let pattern) = subject { pattern.matches(site) } else { false }
    }

    /// Null if it is kept.
    func excess(_ allocations: [KernelAllocation], transfers: UInt64) -> [KernelAllocation]? {
        let held = allocations.filter(holds)
        let calls = held.reduce(0) { $0 + $1.calls }
        return Double(calls) > perTransfer * Double(transfers) ? held : nil
    }
}
