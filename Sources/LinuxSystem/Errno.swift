import AuditCore
import Glibc

/// What the last failed system call says, in the C library's words: `Permission denied`.
package func errnoText(_ number: Int32 = errno) -> String {
    String(cString: strerror(number))
}

/// A system call failed that the machine should always grant.
package func systemError(_ call: String, at place: String) -> AuditError {
    AuditError(
        "\(call): \(errnoText())", at: place,
        remedy: "dioaudit cannot work without it; is a limit or a sandbox in the way?", exit: .internalError)
}
