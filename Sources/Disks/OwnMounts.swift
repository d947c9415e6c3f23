import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// This process's own mount namespace. A static state of the process, like the signal mask.
package enum OwnMounts {
    /// From now on no other process sees what this process and its children mount. The mounts end with the last of them,
    /// even by SIGKILL.
    package static func begin() throws(AuditError) {
        do throws(Errno) {
            try granted(cl_own_mounts())
        } catch {
            throw AuditError(
                "no mount namespace of its own: \(error)", at: "unshare(CLONE_NEWNS)",
                remedy:
                    "it needs CAP_SYS_ADMIN, which containers take from root: run it outside, or in a privileged one",
                exit: .inconclusive)
        }
    }
}
