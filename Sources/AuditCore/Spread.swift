/// How far several runs of one subject differ. The worst of them is what is judged.
public struct Spread: Equatable, Sendable, Codable {
    public struct Range: Equatable, Sendable, Codable {
        public let least: UInt64
        public let most: UInt64

        init(_ values: some Sequence<UInt64>) {
            least = values.min() ?? 0
            most = values.max() ?? 0
        }

        public var text: String { least == most ? "\(least)" : "\(least) to \(most)" }
    }

    public let runs: Int
    public let passed: Int
    public let failed: Int
    public let inconclusive: Int
    /// Calls.
    public let violations: Range
    /// Of the steady phase.
    public let transfers: Range
    /// Of the runs that settled.
    public let settledAfter: Range
    public let neverSettled: Int

    init(_ runs: [Audit]) {
        self.runs = runs.count
        passed = runs.count { $0.verdict == .pass }
        failed = runs.count { $0.verdict == .fail }
        inconclusive = runs.count { $0.verdict == .inconclusive }
        violations = Range(runs.map(\.violationCalls))
        transfers = Range(runs.map { $0.phases[.steady].transfers })
        settledAfter = Range(runs.compactMap(\.settledAfter))
        neverSettled = runs.count { $0.settledAfter == nil }
    }
}

extension Audit {
    fileprivate var violationCalls: UInt64 { violations.reduce(0) { $0 + $1.calls } }

    /// The worst of several runs, the first of these if some are alike, and how far they differ.
    ///
    /// A pass is the worst only if all are passes.
    public static func worst(of runs: [Audit]) -> Audit {
        var worst = runs[0]
        for run in runs.dropFirst() where run.isWorse(than: worst) { worst = run }
        if runs.count > 1 { worst.spread = Spread(runs) }
        return worst
    }

    private func isWorse(than other: Audit) -> Bool {
        let (mine, others) = (ExitStatus.first(of: statuses), ExitStatus.first(of: other.statuses))
        if mine != others { return ExitStatus.first(of: [mine, others]) == mine }
        if violationCalls != other.violationCalls { return violationCalls > other.violationCalls }
        return (settledAfter ?? .max) > (other.settledAfter ?? .max)
    }
}
