/// What of an audit is compared: the violations that budgets and suppressions left, and what a baseline can lose beside them.
struct Comparand {
    var violations: [Violation]
    let processes: [ProcessLedger]
    let witnesses: Witnesses
    let settledAfter: UInt64?
    let scope: String
    let coverage: Coverage?
    let allowances: Allowances
}

extension Comparand {
    /// Those that a baseline of its own accepted are the audit's all the same.
    init(_ audit: Audit) {
        self.init(
            violations: audit.violations + audit.known, processes: audit.processes, witnesses: audit.witnesses,
            settledAfter: audit.settledAfter, scope: audit.scope, coverage: audit.coverage, allowances: audit.allowances
        )
    }
}

/// An audit held against its baseline.
struct Comparison {
    /// First the worst.
    private(set) var changes: [Change] = []
    /// Violations, as indices, of places that the baseline has and that are no worse than there.
    private(set) var known: Set<Int> = []

    init(of now: Comparand, against before: Comparand) {
        compareWitnesses(before.witnesses, now.witnesses)
        compareCoverage(before, now)
        comparePlaces(before, now)
        compareSettling(before, now)
        changes = changes.sorted()
    }

    private mutating func comparePlaces(_ before: Comparand, _ now: Comparand) {
        var earlier = IdentifiedPlaces(before)
        let current = IdentifiedPlaces(now)
        for place in current.unidentified { changes.append(Change(.newPlace, now: place.figure)) }
        let unmatched = current.identified.filter { identity, place in
            guard let same = earlier.take(identity) else { return true }
            compare(identity, same, before.processes, place)
            return false
        }
        // A place may be gone and another new because a function was compiled into its caller, or is not any more.
        for (identity, place) in unmatched {
            if let relative = earlier.takeRelative(of: identity) {
                compare(identity, relative, before.processes, place)
            } else {
                changes.append(Change(.newPlace, place: identity, now: place.figure))
            }
        }
        changes += earlier.left.map { Change(.gonePlace, place: $0.0, before: $0.1.figure) }
    }

    private mutating func compare(
        _ identity: PlaceIdentity, _ before: Place, _ processes: [ProcessLedger], _ now: Place
    ) {
        let (old, new) = (before.figure, now.figure)
        guard Double(now.calls) <= before.mostCalls(in: now.transfers, processes) else {
            changes.append(Change(.moreCalls, place: identity, before: old, now: new))
            return
        }
        known.formUnion(now.violations)
        if now.calls < before.calls, new.perTransfer ?? 0 < old.perTransfer ?? 1 {
            changes.append(Change(.fewerCalls, place: identity, before: old, now: new))
        }
    }

    private mutating func compareWitnesses(_ before: Witnesses, _ now: Witnesses) {
        // Not the accounting: it is there only where the transfers witness is not.
        for (name, witness) in Witnesses.named where name != "accounting" {
            let isActive = { (all: Witnesses) in witness(all)?.status == .active }
            if isActive(before) && !isActive(now) { changes.append(Change(.lostWitness, name: name)) }
            if !isActive(before) && isActive(now) { changes.append(Change(.gainedWitness, name: name)) }
        }
    }

    /// What is not judged any more has no places to compare.
    private mutating func compareCoverage(_ before: Comparand, _ now: Comparand) {
        let isNarrower = now.scope != before.scope && now.scope != Scope.process.text
        let scope = isNarrower ? ["--scope \(now.scope), and before \(before.scope)"] : []
        let unknown = ["what was judged is not known of a report by an earlier version: make it again"]
        let losses = now.coverage.flatMap { coverage in
            before.coverage.map {
                coverage.losses(since: $0) + now.allowances.losses(since: before.allowances, judged: coverage.kinds)
            }
        }
        changes += (scope + (losses ?? unknown) + regions(before, now)).map { Change(.lostCoverage, name: $0) }
    }

    /// The program's own, in which it allows whatever comes.
    private func regions(_ before: Comparand, _ now: Comparand) -> [String] {
        let earlier = before.allowed
        return now.allowed.sorted { $0.key < $1.key }.compactMap { name, figure in
            guard let old = earlier[name] else {
                return "the program allows what it does in its region '\(name)', and before nothing there"
            }
            guard !figure.isNoMore(than: old) else { return nil }
            return "the program allows \(figure.words) in its region '\(name)', and before \(old.words)"
        }
    }

    private mutating func compareSettling(_ before: Comparand, _ now: Comparand) {
        let (old, new) = (before.settledAfter, now.settledAfter)
        // Where nothing violates and it is null, it is not known when it settled.
        let isLater = old.map { old in new.map { $0 > old } ?? !now.violations.isEmpty } ?? false
        let isEarlier = new.map { $0 < old ?? .max } ?? false
        guard isLater || isEarlier else { return }
        let figure = { (ordinal: UInt64?) in ordinal.map { Change.Figure(count: $0, transfers: nil) } }
        changes.append(Change(isLater ? .laterSettling : .earlierSettling, before: figure(old), now: figure(new)))
    }
}

/// The places of an audit by what tells them again.
private struct IdentifiedPlaces {
    let identified: [(PlaceIdentity, Place)]
    let unidentified: [Place]
    private var indices: [PlaceIdentity: Int] = [:]
    private var isTaken: [Bool]
    /// Those without their innermost functions.
    private var outer: [PlaceIdentity: [Int]] = [:]

    /// How many functions a compiler may put into their caller, one into the other.
    private static let mostInlined = 2

    init(_ audit: Comparand) {
        let all = Place.all(of: audit.violations, in: audit.processes) { own, violation in
            PlaceIdentity(of: violation, ownFrame: own)
        }
        identified = zip(all.keys, all.places).compactMap { identity, place in identity.map { ($0, place) } }
        unidentified = zip(all.keys, all.places).filter { $0.0 == nil }.map(\.1)
        isTaken = Array(repeating: false, count: identified.count)
        for (index, (identity, _)) in identified.enumerated() {
            indices[identity] = index
            for count in 1...Self.mostInlined {
                if let seen = identity.without(innermost: count) { outer[seen, default: []].append(index) }
            }
        }
    }

    /// Those that were not taken.
    var left: [(PlaceIdentity, Place)] { identified.indices.filter { !isTaken[$0] }.map { identified[$0] } }

    mutating func take(_ identity: PlaceIdentity) -> Place? { take(indices[identity]) }

    /// One of which the other is what is seen from its innermost functions' caller.
    mutating func takeRelative(of identity: PlaceIdentity) -> Place? {
        for count in 1...Self.mostInlined {
            if let index = identity.without(innermost: count).flatMap({ indices[$0] }), let place = take(index) {
                return place
            }
        }
        return take(outer[identity]?.first { !isTaken[$0] })
    }

    private mutating func take(_ index: Int?) -> Place? {
        guard let index, !isTaken[index] else { return nil }
        isTaken[index] = true
        return identified[index].1
    }
}

extension Comparand {
    /// What the program does in the regions that it allows, of what is judged elsewhere: by their names.
    fileprivate var allowed: [String: AllowedEvents] {
        let judged = coverage?.kinds ?? EventKind.counted
        var all: [String: AllowedEvents] = [:]
        for process in processes {
            for region in process.regions where region.allowed {
                let calls = judged.reduce(0) { $0 + region.steadyEvents[$1].calls }
                guard calls > 0 else { continue }
                all[region.name, default: AllowedEvents()].calls += calls
                all[region.name]?.transfers += process.phases[.steady].transfers
            }
        }
        return all
    }
}

private struct AllowedEvents {
    var calls: UInt64 = 0
    /// Steady transfers of the processes that were there.
    var transfers: UInt64 = 0

    var words: String { "\(plural(calls, "event")) in \(plural(transfers, "steady transfer"))" }

    /// At which transfers they came is not known: so a shorter run may have as many.
    func isNoMore(than before: AllowedEvents) -> Bool {
        let most =
            transfers > before.transfers && before.transfers > 0
            ? before.calls.grown(from: before.transfers, to: transfers) : Double(before.calls)
        return Double(calls) <= most
    }
}

extension UInt64 {
    /// As many calls as may come in a longer run: one more may have been about to come when the shorter one ended.
    fileprivate func grown(from before: UInt64, to now: UInt64) -> Double {
        let (calls, before, now) = (Double(self), Double(before), Double(now))
        return calls + ((calls + 1) * (now - before) / before).rounded(.up)
    }
}

extension Place {
    fileprivate var figure: Change.Figure { Change.Figure(count: calls, transfers: transfers) }

    /// The most calls that a run of so many transfers may have here and be no worse.
    fileprivate func mostCalls(in now: UInt64, _ processes: [ProcessLedger]) -> Double {
        let (calls, before) = (Double(calls), Double(transfers))
        // What came at one transfer, or early in the run, does not come oftener in a longer one.
        let isOnce = self.calls == 1 || lastTransfer != nil && lastTransfer == firstTransfer || endsEarly(processes)
        if transfers == 0 || isOnce { return calls }
        if now > transfers { return self.calls.grown(from: transfers, to: now) }
        // Whether a place of which no ordinal is known came early is not known either.
        return lastTransfer == nil ? calls : (calls * Double(now) / before).rounded(.up)
    }
}
