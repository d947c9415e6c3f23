import AuditCore
import Capture
import Glibc

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
        launch = try Launch(command, environment: inheritedEnvironment(), session, request)
    } catch {
        return nil
    }
    _ = try launch.finish(session)
    return launch.interruption
}

private func inheritedEnvironment() -> [String] {
    var variables: [String] = []
    var entry = environ
    while let variable = entry.pointee {
        variables.append(String(cString: variable))
        entry += 1
    }
    return variables
}
