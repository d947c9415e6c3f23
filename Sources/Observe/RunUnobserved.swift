import AuditCore
import Capture
import Inspect
import LinuxSystem

/// How a program ended that nobody watched.
package struct Unobserved {
    /// Null if it exited with status 0.
    package var failure: String?
    /// The signal that came for dioaudit while it ran.
    package var interruption: Int32?

    package static let success = Unobserved()
}

/// Runs a program without the interposer and without a witness.
package func runUnobserved(_ command: Command) throws(AuditError) -> Unobserved {
    var request = AuditRequest()
    request.syscalls = .off
    request.kernel = .off
    let session = try Session(request)
    var launch: Launch
    do {
        launch = try Launch(command, environment: command.environment, session, request)
    } catch {
        return Unobserved(failure: "could not start: " + whyNotStarted(command.path, error.errno))
    }
    let ending = try launch.finish(session, Parser())
    return Unobserved(failure: failure(of: ending, command), interruption: launch.interruption)
}

private func failure(of ending: Ending, _ command: Command) -> String? {
    if ending.timedOut, let limit = command.timeoutNanoseconds {
        return "ran longer than \(Duration.nanoseconds(Int64(limit)))"
    }
    if let signal = ending.exit.signal { return "was killed by signal \(signal)" }
    return ending.exit.succeeded ? nil : "exited with status \(ending.exit.code ?? -1)"
}
