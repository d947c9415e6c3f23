import AuditCore
import CLinuxHost
import Glibc

/// A directory for our own files, removed with this value.
///
/// What a killed dioaudit leaves is removed by the next one in the same place. Each holds a lock (flock(2)) on its
/// directory, so that one in use is not taken for one that was left behind.
///
/// TRAP: other users may write to the parent (`/var/tmp`). No name in it can be foreseen, and all in it is done relative to
/// descriptors, which no link and no renaming leads elsewhere. Test: ScratchDirectoryTests
package struct ScratchDirectory: ~Copyable {
    package let path: String
    private let parent: FileDescriptor
    private let name: String
    private let fd: FileDescriptor

    /// What we make has a name that says so, for the next one to remove it.
    enum Kind: String {
        case scratch = "dioaudit-scratch-"
        case probe = "dioaudit-probe-"
    }

    static func newName(_ kind: Kind) -> String {
        kind.rawValue + String(UInt64.random(in: 0 ... .max), radix: 36)
    }

    /// - Parameter parent: an existing directory whose file system takes O_DIRECT.
    package init(in parent: String) throws(AuditError) {
        if let problem = TrustedPath.problem(parent) { throw unusable(parent, DirectIO.Problem(problem)) }
        do throws(Errno) {
            let place = try FileDescriptor(opening: parent, .readOnly, .directory)
            Self.removeAbandoned(in: place)
            do throws(Errno) {
                (name, fd) = try Self.make(in: place)
                self.parent = place
                path = "\(parent)/\(name)"
            } catch {
                place.closeQuietly()
                throw error
            }
        } catch {
            throw unusable(parent, DirectIO.Problem(error))
        }
    }

    deinit {
        Self.remove(name, fd, from: parent)
        parent.closeQuietly()
    }

    private static func make(in parent: FileDescriptor) throws(Errno) -> (String, FileDescriptor) {
        // A sweeper may come between mkdir and flock; then another name is tried.
        for _ in 0..<100 {
            let name = newName(.scratch)
            guard mkdirat(parent.rawValue, name, 0o700) == 0 else {
                let error = Errno.last
                if error == .fileExists { continue }
                throw error
            }
            if let fd = lock(name, in: parent) { return (name, fd) }
        }
        throw .fileExists
    }

    private static func removeAbandoned(in parent: FileDescriptor) {
        for name in entries(of: parent) {
            if name.hasPrefix(Kind.scratch.rawValue), let fd = lock(name, in: parent) {
                remove(name, fd, from: parent)
            } else if name.hasPrefix(Kind.probe.rawValue), isOurFile(name, in: parent) {
                unlinkat(parent.rawValue, name, 0)
            }
        }
    }

    /// A descriptor of the locked directory; nil if it is in use, not ours, or gone.
    private static func lock(_ name: String, in parent: FileDescriptor) -> FileDescriptor? {
        let answer = cl_open_subdirectory(parent.rawValue, name)
        guard answer >= 0 else { return nil }
        let fd = FileDescriptor(rawValue: answer)
        var status = stat()
        if flock(answer, LOCK_EX | LOCK_NB) == 0, fstat(answer, &status) == 0, status.st_uid == geteuid(),
            status.st_nlink > 0
        {
            return fd
        }
        fd.closeQuietly()
        return nil
    }

    private static func isOurFile(_ name: String, in parent: FileDescriptor) -> Bool {
        var status = stat()
        return fstatat(parent.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFREG
            && status.st_uid == geteuid()
    }

    /// Removes it, the files in it and the mount points, which are empty: a mount ends with its process (`OwnMounts`).
    private static func remove(_ name: String, _ fd: FileDescriptor, from parent: FileDescriptor) {
        for entry in entries(of: fd) where unlinkat(fd.rawValue, entry, 0) != 0 {
            unlinkat(fd.rawValue, entry, AT_REMOVEDIR)
        }
        if isSame(name, fd, in: parent) { unlinkat(parent.rawValue, name, AT_REMOVEDIR) }
        fd.closeQuietly()
    }

    /// The name still is the directory's.
    private static func isSame(_ name: String, _ fd: FileDescriptor, in parent: FileDescriptor) -> Bool {
        var (named, held) = (stat(), stat())
        return fstatat(parent.rawValue, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd.rawValue, &held) == 0
            && named.st_dev == held.st_dev && named.st_ino == held.st_ino
    }
}
