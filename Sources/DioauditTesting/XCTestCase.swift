import XCTest

extension XCTestCase {
    /// Runs a body, and records a failure if it allocates: on its own thread, after so many runs to warm up.
    ///
    /// What other threads do for the body is not counted.
    @discardableResult
    public func expectNoAllocations<Value>(
        afterWarmup warmup: Int = 1, runs: Int = 1, upTo calls: Int = 0, allowing: [AllocationKind] = [],
        forbidding: [AllocationKind] = [], file: StaticString = #filePath, line: UInt = #line,
        _ body: () throws -> Value
    ) rethrows -> Value {
        try uncounted {
            let allowance = Allowance.upTo(Double(calls), allowing: allowing, forbidding: forbidding)
            let assertion = Assertion(allowance, warmup, runs)
            defer {
                if let judgement = assertion.judgement(of: name, unseen: assertion.recording.unseen) {
                    record(judgement, file, line)
                }
            }
            return try assertion.run(body)
        }
    }

    /// The same of a body that may change threads, as the function of that name for Swift Testing.
    @discardableResult
    public func expectNoAllocations<Value: Sendable>(
        afterWarmup warmup: Int = 1, runs: Int = 1, upTo calls: Int = 0, allowing: [AllocationKind] = [],
        forbidding: [AllocationKind] = [], file: StaticString = #filePath, line: UInt = #line,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let allowance = Allowance.upTo(Double(calls), allowing: allowing, forbidding: forbidding)
        let assertion = Assertion(allowance, warmup, runs)
        let (result, unseen) = try await assertion.follow(body)
        if let judgement = assertion.judgement(of: name, unseen: unseen) { record(judgement, file, line) }
        return try result.get()
    }

    private func record(_ judgement: Judgement, _ file: StaticString, _ line: UInt) {
        recordFailure(withDescription: judgement.message, inFile: "\(file)", atLine: Int(line), expected: true)
    }
}
