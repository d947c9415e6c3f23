/// What of a subject was judged beside whose threads, which a later audit may not lose against its baseline (docs/baselines.md). The
/// encoded names are the report's.
public struct Coverage: Equatable, Sendable, Codable {
    /// What of each process is its warm-up, which nothing is judged in.
    public struct Warmup: Equatable, Sendable, Codable {
        let reads, writes, transfers, nanoseconds: UInt64
        /// Where the program's own markers alone name the phases, there are no others.
        let byMarkers: Bool
        @Nullable var steadyFrom: String?
        @Nullable var steadyTo: String?
    }

    /// Whose events in the steady phase are violations.
    let kinds: [EventKind]
    /// `--process`; null: all.
    @Nullable var process: String?
    let kernelLimits: [String]
    let lock: LockRequirement
    /// The least number of transfers in the steady phase.
    let minIos: UInt64
    let squeeze: Bool
    /// In bytes; null without a squeeze, or of a report by a version before this key.
    @Nullable var squeezeSlack: UInt64?
    /// As what it is no failure for the subject to exit. Null of a report by a version before this key.
    @Nullable var expectedStatus: Int32?
    /// Of how many runs the worst is judged. Null of a report by a version before this key.
    @Nullable var runs: Int?
    let warmup: Warmup

    init(_ request: AuditRequest) {
        kinds = EventKind.counted.filter(request.policy.forbids)
        kernelLimits = request.kernelLimits.map(\.text)
        lock = request.lock
        minIos = request.minimumTransfers
        squeeze = request.squeezeSlack != nil
        warmup = Warmup(
            reads: request.warmup.reads, writes: request.warmup.writes, transfers: request.warmup.transfers,
            nanoseconds: request.warmup.nanoseconds, byMarkers: request.phasesByMarker,
            steadyFrom: request.steadyFrom?.text, steadyTo: request.steadyTo?.text)
        process = request.process?.text
        squeezeSlack = request.squeezeSlack
        expectedStatus = request.expectedStatus
        runs = request.runs
    }

    /// What it does not have of an earlier one's, in words: each what it is now and what it was.
    func losses(since before: Coverage) -> [String] {
        var losses: [String] = []
        func lose(_ what: String, _ now: some CustomStringConvertible, _ before: some CustomStringConvertible) {
            losses.append("\(what) \(now), and before \(before)")
        }
        let lost = before.kinds.filter { !kinds.contains($0) }
        if !lost.isEmpty { losses.append("not judged any more: \(Self.words(lost, of: before.kinds))") }
        if let process, process != before.process { lose("--process", process, before.process ?? "all") }
        losses += before.kernelLimits.filter { limit in !kernelLimits.contains { Self.limit($0, keeps: limit) } }.map {
            "no --kernel-limit \($0)"
        }
        if lock.strictness < before.lock.strictness {
            lose("the memory lock is required", lock.words, before.lock.words)
        }
        if minIos < before.minIos { lose("steady transfers at the least:", minIos, before.minIos) }
        if before.squeeze, !squeeze { losses.append("no --squeeze") }
        if let slack = squeezeSlack, let earlier = before.squeezeSlack, slack > earlier {
            lose("--squeeze-slack in bytes", slack, earlier)
        }
        if let expectedStatus, let earlier = before.expectedStatus, expectedStatus != earlier {
            lose("--expect-exit", expectedStatus, earlier)
        }
        if let runs, let earlier = before.runs, runs < earlier { lose("repeat", runs, earlier) }
        return losses + warmup.losses(since: before.warmup)
    }

    /// By their groups where nothing of a group is judged any more.
    private static func words(_ lost: [EventKind], of judged: [EventKind]) -> String {
        var rest = lost
        var words: [String] = []
        for name in ["all", "heap", "mappings", "faults"] {
            let group = judged.filter(Set(EventKind.group(name) ?? []).contains)
            guard !group.isEmpty, group.allSatisfy(rest.contains) else { continue }
            words.append(name)
            rest.removeAll(where: group.contains)
        }
        return (words + rest.map(\.rawValue)).joined(separator: ", ")
    }

    private static func limit(_ now: String, keeps before: String) -> Bool {
        guard let now = KernelLimit(now), let before = KernelLimit(before) else { return now == before }
        return now.subject == before.subject && now.perTransfer <= before.perTransfer
    }
}

extension Coverage.Warmup {
    /// What is warm-up now and was steady.
    fileprivate func losses(since before: Self) -> [String] {
        var losses: [String] = []
        for (option, now, before) in [
            ("--warmup-ios of reads", reads, before.reads), ("--warmup-ios of writes", writes, before.writes),
            ("--steady-after", transfers, before.transfers), ("--warmup-time in ns", nanoseconds, before.nanoseconds),
        ] where now > before {
            losses.append("\(option) \(now), and before \(before)")
        }
        for (option, now, before) in [
            ("--phases", byMarkers ? "markers" : nil, before.byMarkers ? "markers" : nil),
            ("--steady-from", steadyFrom, before.steadyFrom), ("--steady-to", steadyTo, before.steadyTo),
        ] where now != before {
            losses.append("\(option) \(now ?? "not given"), and before \(before ?? "not given")")
        }
        return losses
    }
}

extension LockRequirement {
    fileprivate var strictness: Int {
        switch self {
        case .always: 2
        case .whenSubjectLocks: 1
        case .never: 0
        }
    }

    fileprivate var words: String {
        switch self {
        case .always: "always"
        case .whenSubjectLocks: "if the program locks"
        case .never: "never"
        }
    }
}
