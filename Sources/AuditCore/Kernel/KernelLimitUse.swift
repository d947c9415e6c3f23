/// A `--kernel-limit`, and what it held.
public struct KernelLimitUse: Equatable, Sendable, Codable {
    /// As it was written.
    public let limit: String
    /// Allocations of the steady phase; null where they are not known.
    @Nullable public var calls: UInt64?
    /// Nothing that it limits happened. That of a kind or risk is kept so by a limit of 0; a call site's name may be misspelt.
    public let isStale: Bool

    private enum CodingKeys: String, CodingKey {
        case limit, calls
        case isStale = "stale"
    }

    init(_ limit: KernelLimit, _ observation: Observation, _ scope: Scope) {
        let processes = observation.ledger.processes
        let isKnown = observation.kernel.status == .active && processes.contains(where: \.steadyReached)
        let held = processes.flatMap { $0.judgedKernel(scope) }.filter(limit.holds)
        self.limit = limit.text
        calls = isKnown ? held.reduce(0) { $0 + $1.calls } : nil
        isStale = isKnown && held.isEmpty && (limit.namesSite || limit.perTransfer > 0)
    }

    /// What is to be known of one that is stale, in words.
    var note: String? {
        isStale ? "--kernel-limit \(limit): nothing that it limits was allocated in the steady phase: stale" : nil
    }
}
