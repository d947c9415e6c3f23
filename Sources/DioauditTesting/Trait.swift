import Testing

/// Judges what a test allocates: its body is run to warm up, and then judged.
///
/// Of a parameterised test each case is judged by itself, and of a suite each test.
public struct AllocationTrait: TestTrait, SuiteTrait, TestScoping {
    var warmup: Int
    var runs = 1
    var calls = 0.0
    var allowing: [AllocationKind] = []
    var forbidding: [AllocationKind] = []

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let allowance = Allowance.upTo(calls * Double(runs), allowing: allowing, forbidding: forbidding)
        let assertion = Assertion(allowance, warmup, runs)
        let (result, unseen) = try await assertion.follow(function)
        assertion.judgement(of: test.name, unseen: unseen)?.tell(at: test.sourceLocation)
        try result.get()
    }

    /// The same where these kinds are forbidden too, or are allowed: as `dioaudit run --forbid` and `--allow`.
    public func forbidding(_ kinds: AllocationKind...) -> Self {
        var trait = self
        trait.forbidding += kinds
        return trait
    }

    public func allowing(_ kinds: AllocationKind...) -> Self {
        var trait = self
        trait.allowing += kinds
        return trait
    }
}

extension Trait where Self == AllocationTrait {
    /// After so many runs, the test allocates nothing.
    public static func allocationFree(afterWarmup warmup: Int = 1) -> Self { AllocationTrait(warmup: warmup) }

    /// It allocates at most so many times.
    public static func allocations(upTo calls: Int, afterWarmup warmup: Int = 1) -> Self {
        AllocationTrait(warmup: warmup, calls: Double(calls))
    }

    /// It allocates at most so many times in each of its runs, on average.
    public static func allocations(perCall calls: Double, runs: Int = 10, afterWarmup warmup: Int = 1) -> Self {
        AllocationTrait(warmup: warmup, runs: runs, calls: calls)
    }

    /// It allocates nothing, and makes no calls of these kinds either.
    public static func forbidding(_ kinds: AllocationKind...) -> Self {
        AllocationTrait(warmup: 1, forbidding: kinds)
    }
}
