import Testing

@testable import AuditCore

extension Allowances {
    static let none = Allowances(budgets: [], suppressions: [], kernelLimits: [], strict: false)
}

/// What an audit lets pass, a later one may let pass too, and no more.
@Suite struct AllowancesTests {
    private func allowances(
        _ budgets: [String] = [], suppressing entries: [String] = [], strict: Bool = false
    ) throws -> Allowances {
        let file = entries.map { "{\n\($0)\n}\n" }.joined()
        return Allowances(
            budgets: try budgets.map { BudgetUse(try Budget($0), used: 0) },
            suppressions: try Suppression.all(in: file.utf8, file: "f").map(SuppressionUse.init), kernelLimits: [],
            strict: strict)
    }

    private func losses(_ before: Allowances, _ now: Allowances, forbidding kinds: Set<EventKind> = []) -> [String] {
        now.losses(since: before, judged: EventKind.counted.filter(Policy(forbid: kinds).forbids))
    }

    private func losses(_ before: String..., now: String...) throws -> [String] {
        losses(try allowances(before), try allowances(now))
    }

    @Test func aNewOrHigherBudgetIsALoss() throws {
        #expect(try losses("malloc=3", now: "malloc=3") == [])
        #expect(try losses("malloc=3", now: "malloc=2") == [])
        #expect(try losses("malloc=3", now: "malloc=4") == ["--budget malloc=4, and before malloc=3"])
        #expect(try losses(now: "malloc=4") == ["--budget malloc=4, and before none"])
        #expect(
            try losses("malloc=4", now: "malloc/transfer=4")
                == ["--budget malloc/transfer=4, and before none", "no --budget malloc=4"])
        #expect(
            try losses("place:a=4", now: "place:a*=4", "place:a=4") == ["--budget place:a*=4, and before none"])
    }

    /// What it took counts again.
    @Test func aBudgetThatIsGoneIsNone() throws {
        #expect(try losses("malloc=3", now: "mmap=0") == ["--budget mmap=0, and before none"])
        #expect(try losses("malloc=3", "mmap=1", now: "mmap=1") == [])
        #expect(losses(try allowances(["malloc=3"]), try allowances()) == [])
    }

    @Test func aBudgetThatIsGoneIsALossWhereOthersTakeItsEvents() throws {
        #expect(try losses("place:a=1", "heap=9", now: "heap=9") == ["no --budget place:a=1"])
        let suppressing = try allowances(suppressing: ["s\nmalloc\n..."])
        #expect(
            losses(try allowances(["malloc=3"], suppressing: ["s\nmalloc\n..."]), suppressing)
                == ["no --budget malloc=3"])
        #expect(losses(try allowances(["mmap=3"], suppressing: ["s\nmalloc\n..."]), suppressing) == [])
    }

    /// It limits what no policy judges, so that less fails without it. A new one lets nothing pass.
    @Test(arguments: ["locked=64k", "settledAfter=50", "setup.heap=9", "free=9"])
    func aLimitThatIsGoneOrHigherIsALoss(budget: String) throws {
        let higher = budget.hasSuffix("k") ? "locked=65k" : budget.replacing("=", with: "=1")
        #expect(losses(try allowances([budget]), try allowances()) == ["no --budget \(budget)"])
        #expect(try losses(budget, now: higher) == ["no --budget \(budget)"])
        #expect(losses(try allowances(), try allowances([budget])) == [])
        #expect(try losses(higher, now: budget) == [])
    }

    @Test func whatABudgetTakesIsByWhatIsJudged() throws {
        let budget = try allowances(["free=9"])
        #expect(losses(.none, budget, forbidding: [.free]) == ["--budget free=9, and before none"])
        #expect(losses(budget, .none, forbidding: [.free]) == [])
    }

    @Test func aNewSuppressionIsALossWhateverItsName() throws {
        func suppressing(_ entries: String...) throws -> Allowances { try allowances(suppressing: entries) }
        let before = try suppressing("old\nmalloc,calloc\nfun:a\n...")
        #expect(losses(before, before) == [])
        #expect(losses(before, .none) == [])
        #expect(losses(before, try suppressing("renamed\n calloc , malloc\n fun:a\n...")) == [])
        #expect(losses(before, try suppressing("fewer\nmalloc\nfun:a\n...")) == [])
        let loss = ["the suppression 'new', and before none of its kinds and frames"]
        #expect(losses(before, try suppressing("new\nmalloc,free\nfun:a\n...")) == loss)
        #expect(losses(before, try suppressing("new\nmalloc\nfun:b\n...")) == loss)
        #expect(losses(before, try suppressing("new\nmalloc\nfun:a")) == loss)
        #expect(losses(.none, try suppressing("new\nmalloc\nfun:a\n...")) == loss)
    }

    /// Of a report by a version that did not store what its suppressions match.
    @Test func whatASuppressionMatchedIsNotKnown() throws {
        let use = SuppressionUse(name: "s", file: "f", line: 1, kinds: nil, frames: nil)
        let unknown = Allowances(budgets: [], suppressions: [use], kernelLimits: [], strict: false)
        #expect(losses(unknown, unknown).count == 1)
    }

    @Test func strictnessIsNotLost() throws {
        #expect(losses(try allowances(strict: true), try allowances()) == ["no --strict"])
        #expect(losses(try allowances(), try allowances(strict: true)) == [])
    }
}
