/// What a stored report may not say: others read it, and may have changed it.
package func contradiction(_ what: String, _ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath, debugDescription: what))
}

extension Audit {
    /// In which way its verdict is not that of what it holds, in words.
    var contradiction: String? {
        switch verdict {
        case .pass where !violations.isEmpty: return "it passes with violations"
        case .pass where !reasons.isEmpty: return "it passes with reasons against a pass"
        case .pass where !gateReasons.isEmpty: return "it passes, and \(gateReasons[0])"
        case .fail where violations.isEmpty && gateReasons.isEmpty: return "it fails without a violation"
        case .inconclusive where !violations.isEmpty: return "it is inconclusive with violations"
        case .inconclusive where !gateReasons.isEmpty: return "it is inconclusive, and \(gateReasons[0])"
        case .fail where reasons.isEmpty, .inconclusive where reasons.isEmpty:
            return "it does not pass, and gives no reason"
        default: break
        }
        if violations.contains(where: { $0.calls == 0 }) { return "it has a violation of no calls" }
        if budgets.contains(where: { $0.used ?? 0 < 0 || $0.limit < 0 }) { return "it has a budget below zero" }
        if settledAfter == 0 { return "it settled after no transfer" }
        return subjectFailed == (failure != nil) ? nil : "'subjectFailed' and 'failure' contradict each other"
    }
}

extension Audit {
    private var gateReasons: [String] { allowances.reasons(baseline).map(\.what) }
}

// MARK: numbers

/// A million events in each microsecond of a week.
private let most: UInt64 = 1 << 60

/// The numbers of an audit that are added up or counted on from, which may not reach the end of their type.
private struct Numbers {
    private(set) var areTooLarge = false
    private var sum: UInt64 = 0

    /// One that is added to others.
    mutating func add(_ count: UInt64) {
        let (sum, overflow) = sum.addingReportingOverflow(count)
        self.sum = overflow ? .max : sum
        areTooLarge = areTooLarge || self.sum > most
    }

    /// One that stands by itself: an ordinal, a time.
    mutating func note(_ number: UInt64?) { areTooLarge = areTooLarge || number ?? 0 > most }

    mutating func add(_ events: EventCounts) {
        for kind in EventKind.counted { add(events[kind].calls) }
    }

    mutating func add(_ phases: PhaseLedgers) {
        for phase in phases.all {
            add(phase.transfers)
            add(phase.syncs)
            add(phase.events)
            for allocation in phase.kernel { add(allocation) }
            for kind in KernelAllocation.Kind.allCases { add(phase.inInterrupts[kind]) }
            note(phase.durationNanoseconds)
        }
    }

    mutating func add(_ allocation: KernelAllocation) {
        add(allocation.calls)
        add(allocation.bytes)
        for calls in (allocation.sizes ?? [:]).values { note(calls) }
        let perTransfer = allocation.perTransfer ?? 0
        areTooLarge = areTooLarge || !(0...Double(most)).contains(perTransfer)
    }

    mutating func add(_ process: ProcessLedger) {
        add(process.phases)
        for thread in process.threads { add(thread.phases) }
        for region in process.regions {
            add(region.entered)
            add(region.left)
            add(region.events)
            add(region.steadyEvents)
        }
        for calls in process.kernelTransfers?.calls.values ?? [:].values { add(calls) }
        add(process.deniedCalls)
    }

    mutating func add(_ violation: Violation) {
        add(violation.calls)
        note(violation.firstTransfer)
        note(violation.lastTransfer)
        note(violation.pageFaults)
        if let allocation = violation.allocation { add(allocation) }
    }
}

extension Audit {
    /// Whether formats can add its numbers up. The bytes that a program asks for are not among these: they may be any number, and
    /// their sums stop at the largest.
    var hasPossibleNumbers: Bool {
        var numbers = Numbers()
        numbers.add(phases)
        for process in processes { numbers.add(process) }
        for violation in violations + suppressed.map(\.violation) + known + budgets.flatMap(\.violations) {
            numbers.add(violation)
        }
        for change in baseline?.changes ?? [] {
            for figure in [change.before, change.now] {
                numbers.note(figure?.count)
                numbers.note(figure?.transfers)
            }
        }
        for difference in differences {
            numbers.add(difference.interposer)
            numbers.add(difference.kernel)
        }
        for use in kernelLimits { numbers.note(use.calls) }
        for number in [
            settledAfter, lock.lockedBytes, lock.unlockedMappings, lock.shortage?.neededBytes, hang?.limitNanoseconds,
            squeeze?.limitHits, squeeze?.oomKills, squeeze?.transfersAfter,
        ] {
            numbers.note(number)
        }
        return !numbers.areTooLarge
    }
}

// MARK: suppressions

extension SuppressionUse {
    struct Stored: Decodable {
        let name: String
        let file: String
        let line: Int
        let kinds: [EventKind]?
        let frames: [String]?
        let violations: Int
        let calls: UInt64
    }

    /// Those of a stored audit, with the violations that each took: they stand in the suppressions' order.
    static func all(
        _ stored: [Stored], of suppressed: [SuppressedViolation], in decoder: any Decoder
    ) throws -> [SuppressionUse] {
        var rest = suppressed[...]
        let uses = try stored.map { stored -> SuppressionUse in
            guard (0...rest.count).contains(stored.violations) else {
                throw contradiction(
                    "the suppression '\(stored.name)' took more violations than 'suppressed' has", decoder)
            }
            var use = SuppressionUse(
                name: stored.name, file: stored.file, line: stored.line, kinds: stored.kinds, frames: stored.frames)
            use.violations = rest.prefix(stored.violations).map(\.violation)
            rest = rest.dropFirst(stored.violations)
            return use
        }
        guard rest.isEmpty else { throw contradiction("'suppressed' has violations that no suppression took", decoder) }
        return uses
    }
}
