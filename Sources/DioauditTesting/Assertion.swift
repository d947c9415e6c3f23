import AuditCore
import CDioauditAssertions

/// A promise, and what was recorded of its body.
struct Assertion {
    let allowance: Allowance
    let warmup: Int
    let runs: Int
    let recording: Recording
    /// Asked at each: what was not observed is no pass.
    private let obstacle: String?

    init(_ allowance: Allowance, _ warmup: Int, _ runs: Int) {
        self.allowance = allowance
        self.warmup = warmup
        self.runs = max(runs, 1)
        recording = Recording(stacksOf: allowance.forbidden, faults: allowance.faults)
        obstacle = Recording.obstacle
    }

    /// Within `uncounted`.
    func run<Value>(_ body: () throws -> Value) rethrows -> Value {
        dioaudit_assertion_opened()
        defer { dioaudit_assertion_closed(1) }
        for _ in 0..<warmup { _ = try counted(body) }
        for _ in 1..<runs { _ = try recording.count(body) }
        return try recording.count(body)
    }

    /// What a body threw when it was judged is the result.
    func follow<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async throws -> (Result<Value, any Error>, unseen: Reason?) {
        dioaudit_assertion_opened()
        defer { dioaudit_assertion_closed(1) }
        if warmup > 0 { _ = try await Recording().follow(warmup, body).result.get() }
        return await recording.follow(runs, body)
    }

    /// Nil if the promise was kept.
    ///
    /// - Parameter unseen: what of the body was not observed.
    func judgement(of name: @autoclosure () -> String, unseen: Reason?) -> Judgement? {
        if let obstacle { return Judgement(of: name(), without: obstacle) }
        return judge(recording, name(), by: allowance, runs: runs, unseen: unseen)
    }
}

/// An assertion around this one does not count what this one does itself, but the bodies that it runs.
func uncounted<Value>(_ work: () throws -> Value) rethrows -> Value {
    dioaudit_assertion_suspend()
    defer { dioaudit_assertion_resume() }
    return try work()
}

func counted<Value>(_ body: () throws -> Value) rethrows -> Value {
    dioaudit_assertion_resume()
    defer { dioaudit_assertion_suspend() }
    return try body()
}
