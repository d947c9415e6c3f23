/// The audit of one subject. The encoded names are the report's keys (`docs/report.schema.json`), which users rely on.
public struct Audit: Equatable, Sendable, Codable {
    public enum PhaseSource: String, Sendable, Codable {
        /// The O_DIRECT transfers themselves.
        case transfers
        /// The subject's own calls of `dioaudit_phase()`.
        case markers
        /// Transfers that only the kernel saw, in some of the processes.
        case kernel
    }

    public var name: String
    public var verdict: Verdict
    /// Why it is not a pass, in words. Empty for a pass.
    public var reasons: [String]
    /// What to do about each of them, in their order; null where that is said with an earlier one.
    public var remedies: [String?]
    /// It could not start, crashed, overran its time or exited with a status other than 0.
    public var subjectFailed: Bool
    /// How it failed, in words; null if it did not.
    @Nullable public var failure: String?
    /// Notes that are no reasons against a pass, in words.
    public var notes: [String]
    public var subject: Subject
    public var lock: LockSummary
    public var witnesses: Witnesses
    @Nullable public var settledAfter: UInt64?
    public var phasesFoundBy: PhaseSource
    /// The scope that was judged: `process`, `io-threads` or `thread:PATTERN`.
    public let scope: String
    /// What else was judged; null of one that was stored by a version before this key.
    @Nullable public private(set) var coverage: Coverage?
    /// The action at a violation.
    public let enforce: Enforce
    /// The sum of all processes.
    public var phases: PhaseLedgers
    public var violations: [Violation]
    /// The same as a reader counts them.
    public private(set) var places: [Place]
    public var processes: [ProcessLedger]
    /// Violations that the user's suppressions took out of `violations`.
    public let suppressed: [SuppressedViolation]
    /// Every suppression that was given, in that order, the stale ones too.
    public let suppressions: [SuppressionUse]
    /// Every budget that was given, in that order, with the violations that it allowed.
    public let budgets: [BudgetUse]
    /// Every limit of the kernel's allocations that was given, in that order.
    public let kernelLimits: [KernelLimitUse]
    /// Null without one.
    @Nullable public var baseline: BaselineUse?
    /// What is stale is a failure.
    public let strict: Bool
    /// Differences between the mapping calls that the kernel saw and the interposer's. Empty too without that witness.
    public let differences: [WitnessDifference]
    /// Null unless it was asked for.
    @Nullable public var squeeze: Squeeze?
    /// Null unless the subject ran longer than its limit.
    @Nullable public var hang: Hang?
    /// Null unless it was run several times: the rest is of the worst run.
    @Nullable public var spread: Spread?

    init(
        name: String, verdict: Verdict, reasons: [String], remedies: [String?], failure: String?, notes: [String],
        subject: Subject,
        lock: LockSummary,
        witnesses: Witnesses, settledAfter: UInt64?, scope: String, coverage: Coverage, enforce: Enforce,
        phasesFoundBy: PhaseSource,
        phases: PhaseLedgers, violations: [Violation], allowances: Allowances, baseline: BaselineUse?,
        differences: [WitnessDifference], squeeze: Squeeze?, hang: Hang?,
        processes: [ProcessLedger]
    ) {
        self.name = name
        self.verdict = verdict
        self.reasons = reasons
        self.remedies = remedies
        subjectFailed = failure != nil
        self.failure = failure
        self.notes = notes
        self.subject = subject
        self.lock = lock
        self.witnesses = witnesses
        self.settledAfter = settledAfter
        self.phasesFoundBy = phasesFoundBy
        self.phases = phases
        self.violations = violations
        suppressed = allowances.suppressions.flatMap { use in
            use.violations.map { SuppressedViolation($0, by: use.name) }
        }
        suppressions = allowances.suppressions
        budgets = allowances.budgets
        kernelLimits = allowances.kernelLimits
        strict = allowances.strict
        self.baseline = baseline
        self.scope = scope
        self.coverage = coverage
        self.enforce = enforce
        self.differences = differences
        self.squeeze = squeeze
        self.hang = hang
        self.processes = processes
        places = Place.all(of: violations, in: processes)
    }

    /// Reads a stored audit. Its places are made anew from its violations; what else it says stands, if it does not contradict itself.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value {
            try container.decode(Value.self, forKey: key)
        }
        func optional<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
            try container.decodeIfPresent(Value.self, forKey: key)
        }
        name = try value(.name)
        verdict = try value(.verdict)
        reasons = try value(.reasons)
        remedies = try optional(.remedies) ?? []
        subjectFailed = try value(.subjectFailed)
        failure = try optional(.failure)
        notes = try value(.notes)
        subject = try value(.subject)
        lock = try value(.lock)
        witnesses = try value(.witnesses)
        settledAfter = try optional(.settledAfter)
        phasesFoundBy = try value(.phasesFoundBy)
        scope = try value(.scope)
        coverage = try optional(.coverage)
        enforce = try value(.enforce)
        phases = try value(.phases)
        violations = try value(.violations)
        processes = try value(.processes)
        suppressed = try value(.suppressed)
        suppressions = try SuppressionUse.all(value(.suppressions), of: suppressed, in: decoder)
        budgets = try optional(.budgets) ?? []
        kernelLimits = try optional(.kernelLimits) ?? []
        baseline = try optional(.baseline)
        strict = try optional(.strict) ?? false
        spread = try optional(.spread)
        differences = try value(.differences)
        squeeze = try optional(.squeeze)
        hang = try optional(.hang)
        places = []
        if let contradiction { throw AuditCore.contradiction(contradiction, decoder) }
        guard hasPossibleNumbers else {
            throw AuditCore.contradiction("it has larger counts than can have happened", decoder)
        }
        places = Place.all(of: violations, in: processes)
    }

    /// Each with what to do about it.
    package var reasonsInWords: [String] {
        reasons.enumerated().map { index, reason in
            guard index < remedies.count, let remedy = remedies[index] else { return reason }
            return "\(reason); \(remedy)"
        }
    }

    /// Violations that the baseline accepts.
    public var known: [Violation] { baseline?.known ?? [] }

    /// Without an interposer nothing is known of phases: the ledger is empty, which does not mean zero.
    public var hasSteadyPhase: Bool { processes.contains(where: \.steadyReached) }

    /// All statuses of this audit, of which `ExitStatus.first` picks the exit code: a subject may both violate and crash.
    public var statuses: [ExitStatus] {
        let verdictStatus: ExitStatus =
            switch verdict {
            case .pass: .pass
            case .fail: .fail
            case .inconclusive: .inconclusive
            }
        return subjectFailed ? [verdictStatus, .subjectFailed] : [verdictStatus]
    }

    /// It has reasons beside its violations, its gates and its program's failure: what was not observed, which violations hide.
    private var isBlind: Bool {
        let others =
            (violations.isEmpty ? 0 : 1) + allowances.reasons(baseline).count
            + (failure == nil ? 0 : 1)
        return reasons.count > others
    }

    /// The same where `compare` finds it no worse than a baseline: its violations are known then, and nothing else is.
    public var comparedStatuses: [ExitStatus] {
        (subjectFailed ? [.subjectFailed] : []) + (isBlind ? [.inconclusive] : [])
            + (allowances.reasons(nil).isEmpty ? [] : [.fail])
    }
}
