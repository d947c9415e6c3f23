import AuditCore
import Glibc
import SystemPackage

package typealias Errno = SystemPackage.Errno
package typealias FileDescriptor = SystemPackage.FileDescriptor

extension Errno {
    /// That of the call which has just failed. Every later call may change it: so it is read at once, and passed on as a value.
    package static var last: Errno { Errno(rawValue: errno) }
}

/// The answer of a function of CLinuxHost, which returns the negative of its errno where it fails.
@discardableResult package func granted(_ answer: Int32) throws(Errno) -> Int32 {
    guard answer >= 0 else { throw Errno(rawValue: -answer) }
    return answer
}

extension FileDescriptor {
    /// The one that such a function has made.
    package init(answer: Int32) throws(Errno) { self.init(rawValue: try granted(answer)) }
}

/// A system call failed that the machine should always grant.
package func systemError(_ call: String, _ error: Errno, at place: String) -> AuditError {
    AuditError(
        "\(call): \(error)", at: place,
        remedy: "dioaudit cannot work without it; is a limit or a sandbox in the way?", exit: .internalError)
}
