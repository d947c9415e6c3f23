/// Events of one kind, from one stack, in a phase where the policy allows none.
public struct Violation: Equatable, Sendable, Encodable {
    public var phase: Phase
    public var kind: EventKind
    public var calls: UInt64
    public var bytes: UInt64
    /// Ordinal of the transfer that was running, or had last completed, at the first of them. Null for page faults
    /// and for calls whose stack was lost.
    @Nullable public var firstTransfer: UInt64?
    @Nullable public var thread: String?
    @Nullable public var tid: Int32?
    public var pid: Int32
    /// Innermost first; empty where it is not known.
    public var stack: [Frame]
    public var truncated: Bool

    init(of kind: EventKind, count: EventCount, pid: Int32) {
        phase = .steady
        self.kind = kind
        calls = count.calls
        bytes = count.bytes
        firstTransfer = nil
        thread = nil
        tid = nil
        self.pid = pid
        stack = []
        truncated = false
    }

    init(at site: Site, pid: Int32) {
        self.init(of: site.kind, count: site.count, pid: pid)
        firstTransfer = site.firstTransfer
        thread = site.thread
        tid = site.tid
        stack = site.stack
        truncated = site.truncated
    }

    /// All of a process's violations, first the earliest; those without a stack last.
    ///
    /// The counts lead and the sites explain them: a call whose site was lost is a violation all the same, and a site
    /// beyond its kind's count is none (it fell in an interlude that turned out to be warm-up's).
    static func all(in process: ProcessLedger, policy: Policy) -> [Violation] {
        var found: [Violation] = []
        for kind in EventKind.allCases where policy.forbids(kind) {
            var unexplained = process.phases[.steady].events[kind]
            guard unexplained.calls > 0 else { continue }
            let sites = process.sites.filter { $0.kind == kind && $0.phase == .steady }
            for site in sites.filter({ !$0.inInterlude }) + sites.filter(\.inInterlude)
            where site.count.calls > 0 && site.count.calls <= unexplained.calls {
                found.append(Violation(at: site, pid: process.pid))
                unexplained.calls -= site.count.calls
                unexplained.bytes -= min(site.count.bytes, unexplained.bytes)
            }
            if unexplained.calls > 0 { found.append(Violation(of: kind, count: unexplained, pid: process.pid)) }
        }
        return found.sorted { ($0.firstTransfer ?? .max) < ($1.firstTransfer ?? .max) }
    }
}
