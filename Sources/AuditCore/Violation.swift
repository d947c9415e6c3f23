/// Events of one kind, from one stack, in a phase where the policy allows none.
public struct Violation: Equatable, Sendable, Codable {
    public var phase: Phase
    public var kind: EventKind
    public var calls: UInt64
    public var bytes: UInt64
    /// Ordinal of the transfer that was running, or had last completed, at the first of them. Null for page faults
    /// and for calls whose stack was lost.
    @Nullable public var firstTransfer: UInt64?
    /// The same at the last of them.
    @Nullable public var lastTransfer: UInt64?
    @Nullable public var thread: String?
    @Nullable public var tid: Int32?
    public var pid: Int32
    /// Innermost first; empty if it is unknown.
    public var stack: [Frame]
    public var truncated: Bool
    /// For a system call: the heap call during which libc made it, whose stack this is.
    @Nullable public var within: EventKind?
    /// Page faults of the first of the calls, or null where they were not measured.
    @Nullable public var pageFaults: UInt64?
    /// Of page faults that the kernel witness reported: the first address, and the mapping there.
    public var address: UInt64?
    public var memory: String?
    /// Of the kernel's own allocations: with which flags, and what they risk.
    public var allocation: KernelAllocation?

    init(of kind: EventKind, count: EventCount, pid: Int32) {
        phase = .steady
        self.kind = kind
        calls = count.calls
        bytes = count.bytes
        firstTransfer = nil
        lastTransfer = nil
        thread = nil
        tid = nil
        self.pid = pid
        stack = []
        truncated = false
        within = nil
        pageFaults = nil
    }

    init(at site: FaultSite, of kind: EventKind, calls: UInt64, in process: ProcessLedger) {
        self.init(of: kind, count: EventCount(calls: calls), pid: process.pid)
        tid = site.tid
        thread = process.threads.first { $0.tid == site.tid && !$0.name.isEmpty }?.name
        address = site.address
        memory = site.memory
        stack = site.stack
        truncated = site.truncated
    }

    init(at site: Site, pid: Int32) {
        self.init(of: site.kind, count: site.count, pid: pid)
        firstTransfer = site.firstTransfer
        lastTransfer = site.lastTransfer
        thread = site.thread
        tid = site.tid
        stack = site.stack
        truncated = site.truncated
        pageFaults = site.firstFaults.minor + site.firstFaults.major
    }

    private init(ofOthersAt site: Site, pid: Int32) {
        self.init(of: site.kind, count: site.others, pid: pid)
        firstTransfer = site.firstTransfer
        stack = site.stack
        truncated = site.truncated
    }

    /// All of a process's violations, first the earliest; those without a stack last.
    ///
    /// The counts lead and the sites explain them: a call whose site was lost is a violation all the same, and a site
    /// beyond its kind's count is none (it fell in an interlude that turned out to be warm-up's).
    static func all(in process: ProcessLedger, policy: Policy, scope: Scope = .process) -> [Violation] {
        let judged = process.judged(scope)
        var found: [Violation] = []
        for kind in EventKind.counted where policy.forbids(kind) && kind.family != .systemCall {
            var unexplained = judged[kind]
            guard unexplained.calls > 0 else { continue }
            func explain(_ violation: Violation) {
                guard violation.calls > 0, violation.calls <= unexplained.calls else { return }
                found.append(violation)
                unexplained.calls -= violation.calls
                unexplained.bytes -= min(violation.bytes, unexplained.bytes)
            }
            let sites = process.sites.filter { $0.kind == kind }
            for site in sites where scope.judges(site, of: process) { explain(Violation(at: site, pid: process.pid)) }
            // Whose they are is not known: where only some threads are judged, a stack would be a guess.
            if scope == .process { for site in sites { explain(Violation(ofOthersAt: site, pid: process.pid)) } }
            if kind == .pageFaultMinor {
                for site in process.ownFaultsFirst where scope.judges(site.tid, of: process) {
                    explain(Violation(at: site, of: kind, calls: min(site.calls, unexplained.calls), in: process))
                }
            }
            if unexplained.calls > 0 { found.append(Violation(of: kind, count: unexplained, pid: process.pid)) }
        }
        found += systemCalls(in: process, policy: policy, scope: scope)
        return found.sorted { ($0.firstTransfer ?? .max) < ($1.firstTransfer ?? .max) }
    }

    /// System calls that passed the interposer by, each with the heap call that it was made in where that is known.
    static func systemCalls(in process: ProcessLedger, policy: Policy, scope: Scope) -> [Violation] {
        guard process.uncertainSyscalls == 0 else { return [] }
        return process.uncounted(scope).filter { policy.forbids($0.kind) }.flatMap { thread in
            var left = thread.calls
            var found: [Violation] = []
            let calls = process.strictCalls.filter { $0.tid == thread.tid && $0.kind == thread.kind }
            // First those that libc is known to have made; last those that an interposed call is known to have made.
            let placed = calls.map { ($0, process.site(around: $0, of: .heap)) }
            let known = placed.filter { $0.1 != nil }.sorted { $0.1! < $1.1! }
            let others = placed.filter { $0.1 == nil }
            let interposed = others.filter { process.site(around: $0.0, of: .mapping) != nil }
            let unknown = others.filter { process.site(around: $0.0, of: .mapping) == nil }
            for (call, site) in known + unknown + interposed where left > 0 {
                left -= 1
                let one = EventCount(calls: 1, bytes: call.bytes)
                if let same = found.indices.last, found[same].isAt(site, of: process) {
                    found[same].calls += 1
                    found[same].bytes &+= call.bytes
                } else {
                    found.append(Violation(of: thread.kind, one, thread.tid, within: site, of: process))
                }
            }
            if left > 0 {
                found.append(Violation(of: thread.kind, EventCount(calls: left), thread.tid, within: nil, of: process))
            }
            return found
        }
    }

    private init(of kind: EventKind, _ count: EventCount, _ tid: Int32, within site: Int?, of process: ProcessLedger) {
        self.init(of: kind, count: count, pid: process.pid)
        self.tid = tid
        thread = process.threads.first { $0.tid == tid && !$0.name.isEmpty }?.name
        guard let site else { return }
        firstTransfer = process.sites[site].firstTransfer
        lastTransfer = process.sites[site].lastTransfer
        within = process.sites[site].kind
        stack = process.sites[site].stack
        truncated = process.sites[site].truncated
    }

    private func isAt(_ site: Int?, of process: ProcessLedger) -> Bool {
        guard let site else { return within == nil }
        return within == process.sites[site].kind && stack == process.sites[site].stack
    }
}

extension ProcessLedger {
    /// The kernel shows the page faults of a child that shares the memory, too, which the process's own count does not have.
    fileprivate var ownFaultsFirst: [FaultSite] {
        let own = Set(threads.map(\.tid))
        return faultSites.filter { own.contains($0.tid) } + faultSites.filter { !own.contains($0.tid) }
    }

    /// The site of the call that a system call was made in, as an index: known for each site's first and last call, by the
    /// clock.
    fileprivate func site(around call: StrictCall, of family: EventKind.Family) -> Int? {
        sites.indices.first {
            sites[$0].tid == call.tid && sites[$0].kind.family == family && sites[$0].isOfSteady
                && sites[$0].firstCall.lowerBound > 0
                && (sites[$0].firstCall.contains(call.nanoseconds) || sites[$0].lastCall.contains(call.nanoseconds))
        }
    }
}
