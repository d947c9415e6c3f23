import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// A file system that is mounted in this process's own mount namespace: see `OwnMounts`.
struct MountedFileSystem: ~Copyable {
    let path: String

    /// - Parameters:
    ///   - path: of a directory that is made for it.
    ///   - options: the file system's own, as in mount(8).
    init(_ source: String, at path: String, type: String, options: String = "") throws(AuditError) {
        if mkdir(path, 0o700) != 0, case let error = Errno.last, error != .fileExists {
            throw systemError("mkdir", error, at: path)
        }
        do throws(Errno) {
            try granted(cl_mount(source, path, type, options))
        } catch {
            throw AuditError(
                "cannot mount \(source): \(error)", at: type, remedy: "the kernel's log (dmesg) may say more",
                exit: .inconclusive)
        }
        self.path = path
    }

    deinit {
        // It may be in use a moment longer: the files of a ring are closed by the kernel's workers, after its process ended.
        _ = cl_unmount(path)
        rmdir(path)
    }
}
