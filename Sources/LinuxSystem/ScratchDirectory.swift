import AuditCore
import Glibc

/// A directory for our own files, removed with this value.
///
/// What a killed dioaudit leaves is removed by the next one in the same place. Each holds a lock (flock(2)) on its
/// directory, so that one in use is not taken for one that was left behind.
package struct ScratchDirectory: ~Copyable {
    package let path: String
    private let fd: FileDescriptor

    private static let prefix = "dioaudit-scratch-"

    /// - Parameter parent: an existing directory whose file system takes O_DIRECT.
    package init(in parent: String) throws(AuditError) {
        Self.removeAbandoned(in: parent)
        // A sweeper may come between mkdir and flock; then another name is tried.
        for attempt in 0..<100 {
            let path = "\(parent)/\(Self.prefix)\(getpid())-\(attempt)"
            guard mkdir(path, 0o700) == 0 else {
                let error = Errno.last
                if error == .fileExists { continue }
                throw unusable(parent, DirectIO.Problem(error))
            }
            if let fd = Self.lock(path) {
                (self.path, self.fd) = (path, fd)
                return
            }
        }
        throw unusable(parent, DirectIO.Problem("no name for a scratch directory is free in it"))
    }

    deinit {
        Self.remove(path, fd)
    }

    private static func removeAbandoned(in parent: String) {
        for name in entries(of: parent) where name.hasPrefix(prefix) {
            if let fd = lock("\(parent)/\(name)") { remove("\(parent)/\(name)", fd) }
        }
    }

    /// A descriptor of the locked directory; nil if it is in use, not ours, or gone.
    private static func lock(_ path: String) -> FileDescriptor? {
        guard let fd = try? FileDescriptor(opening: path, .readOnly, [.directory, .noFollow]) else { return nil }
        var status = stat()
        if flock(fd.rawValue, LOCK_EX | LOCK_NB) == 0, fstat(fd.rawValue, &status) == 0, status.st_uid == geteuid(),
            status.st_nlink > 0
        {
            return fd
        }
        fd.closeQuietly()
        return nil
    }

    /// Removes it, the files in it and the mount points, which are empty: a mount ends with its process (`OwnMounts`).
    private static func remove(_ path: String, _ fd: FileDescriptor) {
        for name in entries(of: path) where unlinkat(fd.rawValue, name, 0) != 0 {
            unlinkat(fd.rawValue, name, AT_REMOVEDIR)
        }
        rmdir(path)
        fd.closeQuietly()
    }
}
