import AuditCore
import Capture
import Inspect
import LinuxSystem

/// Runs a program without the interposer and without a witness.
///
/// - Returns: the signal that came for dioaudit while it ran.
package func runUnobserved(_ command: Command) throws(AuditError) -> Int32? {
    var request = AuditRequest()
    request.syscalls = .off
    request.kernel = .off
    let session = try Session(request)
    var launch: Launch
    do {
        launch = try Launch(command, environment: ByteText.environment(), session, request)
    } catch {
        return nil
    }
    _ = try launch.finish(session, Parser())
    return launch.interruption
}
