import AuditCore
import Glibc

/// Where the parts of dioaudit are that are not in this executable.
package enum Installation {
    /// The interposer. `DIOAUDIT_PRELOAD` in the environment names another.
    package static func interposer() throws(AuditError) -> String {
        try find(
            "libdioaudit_preload.so", override: "DIOAUDIT_PRELOAD", access: R_OK,
            in: ["", "../lib/dioaudit/", "dioaudit_LedgerABI.resources/"])
    }

    /// The workload driver. `DIOAUDIT_DRIVER` in the environment names another.
    package static func driver() throws(AuditError) -> String {
        try find(
            "dioaudit-driver", override: "DIOAUDIT_DRIVER", access: X_OK,
            in: ["", "../lib/dioaudit/", "../libexec/dioaudit/"])
    }

    /// - Parameter directories: relative to the executable's own, each with its final slash.
    private static func find(
        _ name: String, override variable: String, access mode: Int32, in directories: [String]
    ) throws(AuditError) -> String {
        if let override = getenv(variable) {
            let path = String(cString: override)
            guard access(path, mode) == 0 else {
                throw AuditError(
                    "\(Errno.last), and \(variable) names it", at: path, remedy: "correct or unset \(variable)",
                    exit: .internalError)
            }
            return absolute(path)
        }
        let home = executableDirectory()
        for candidate in directories.map({ home + $0 + name }) where access(candidate, mode) == 0 {
            return absolute(candidate)
        }
        throw AuditError(
            "not found beside dioaudit (\(home)) nor in ../lib/dioaudit", at: name,
            remedy: "build again (swift build), reinstall, or name it in \(variable)", exit: .internalError)
    }

    /// dioaudit itself, as it was called at first: in a chroot, a mount namespace of its own would have other names for it.
    package static let executable = absolute("/proc/self/exe")

    /// With its final slash.
    private static func executableDirectory() -> String {
        String(executable.prefix(upTo: executable.lastIndex(of: "/")!)) + "/"
    }

    /// Without links in it; as it is if there is no such file.
    package static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
