import Testing

/// Runs a body, and records an issue if it allocates: on its own thread, after so many runs to warm up.
///
/// What other threads do for the body is not counted.
@discardableResult
public func expectNoAllocations<Value>(
    afterWarmup warmup: Int = 1, runs: Int = 1, upTo calls: Int = 0, allowing: [AllocationKind] = [],
    forbidding: [AllocationKind] = [], sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Value
) rethrows -> Value {
    try uncounted {
        let allowance = Allowance.upTo(Double(calls), allowing: allowing, forbidding: forbidding)
        let assertion = Assertion(allowance, warmup, runs)
        // What a body did before it threw is judged too.
        defer {
            assertion.judgement(of: name(sourceLocation), unseen: assertion.recording.unseen)?.tell(at: sourceLocation)
        }
        return try assertion.run(body)
    }
}

/// The same of a body that may change threads: its task and the child tasks that it starts are followed.
///
/// If it runs where it cannot be followed (the main actor, an actor with an executor of its own), what it did there is not known: without
/// an allocation elsewhere the issue says that this is inconclusive. Tasks that it starts without a parent are not its own.
@discardableResult
public func expectNoAllocations<Value: Sendable>(
    afterWarmup warmup: Int = 1, runs: Int = 1, upTo calls: Int = 0, allowing: [AllocationKind] = [],
    forbidding: [AllocationKind] = [], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @Sendable () async throws -> Value
) async throws -> Value {
    let allowance = Allowance.upTo(Double(calls), allowing: allowing, forbidding: forbidding)
    let assertion = Assertion(allowance, warmup, runs)
    let (result, unseen) = try await assertion.follow(body)
    assertion.judgement(of: name(sourceLocation), unseen: unseen)?.tell(at: sourceLocation)
    return try result.get()
}

extension Judgement {
    /// Records an issue, with the report as an attachment.
    func tell(at location: SourceLocation) {
        // Without a test that runs here, an issue may be nobody's, and the run would pass.
        guard Test.current != nil else { fatalError("\(message)\nno test runs here that could be told: \(location)") }
        Issue.record("\(message)", sourceLocation: location)
        #if compiler(>=6.2)
            Attachment.record(report, named: "dioaudit.json", sourceLocation: location)
        #endif
    }
}

func name(_ location: SourceLocation) -> String { "\(location.fileID):\(location.line)" }
