import AuditCore
import CDioauditAssertions
import Dispatch
import Synchronization

/// Runs the jobs of a task and of its child tasks, each inside of the recording, on whichever thread it runs.
///
/// A task may leave it: for the main actor, or an actor with an executor of its own. That shows when it comes back: it is enqueued
/// on a thread that runs no task and none of these jobs. A callback that resumes the task looks the same.
final class Follower: TaskExecutor {
    private let recording: Recording
    private let returns = Atomic(0)
    private static let queue = DispatchQueue(label: "dioaudit", attributes: .concurrent)

    init(_ recording: Recording) {
        self.recording = recording
    }

    func enqueue(_ job: consuming ExecutorJob) {
        dioaudit_assertion_suspend()
        defer { dioaudit_assertion_resume() }
        if !recording.holdsThread, !isInTask { returns.add(1, ordering: .relaxed) }
        let job = UnownedJob(job)
        Self.queue.async { self.recording.run { job.runSynchronously(on: self.asUnownedTaskExecutor()) } }
    }

    private var isInTask: Bool { withUnsafeCurrentTask { $0 != nil } }

    /// What of the body was not recorded. Ask when it has ended, from where it was called.
    var unseen: Reason? {
        // The first was the beginning.
        recording.holdsThread && returns.load(ordering: .relaxed) <= 1 ? nil : unfollowed
    }
}

private let unfollowed = Reason(
    "the body's task left what is followed, and what it did there was not observed: it ran on the main actor or on an actor with an "
        + "executor of its own, or a callback of other code resumed it",
    Remedy("assert its synchronous part, or let it run on no such actor"))

extension Recording {
    /// Runs a body so many times, wherever it goes.
    ///
    /// - Returns: what it returned last or threw, and what of it was not recorded.
    func follow<Value: Sendable>(
        _ runs: Int, _ body: @Sendable () async throws -> Value
    ) async -> (result: Result<Value, any Error>, unseen: Reason?) {
        let follower = Follower(self)
        return await withTaskExecutorPreference(follower) {
            do {
                for _ in 1..<runs { _ = try await body() }
                let value = try await body()
                return (.success(value), follower.unseen ?? unseen)
            } catch {
                return (.failure(error), follower.unseen ?? unseen)
            }
        }
    }
}
