import AuditCore
import CLinuxHost
import Glibc

/// The mount namespace of this process's own. A static state of the process, like the signal mask.
public enum OwnMounts {
    /// From here on what this process and its children mount is seen by nobody else, and gone when the last of them is,
    /// even by SIGKILL.
    public static func begin() throws(AuditError) {
        guard cl_own_mounts() else {
            throw AuditError(
                "no mount namespace of its own: \(errnoText())", at: "unshare(CLONE_NEWNS)",
                remedy:
                    "it needs CAP_SYS_ADMIN, which containers take from root: run it outside, or in a privileged one",
                exit: .inconclusive)
        }
    }
}
