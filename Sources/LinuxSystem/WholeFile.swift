import CLinuxHost
import Glibc

/// A file that gets its name when it has been written: it is whole or not there.
package struct WholeFile {
    /// Without links: one that leads to the file stays.
    private let path: String

    /// Whether it is a regular file, or nothing yet. A link of /dev or /proc leads to a file that others have open.
    package static func isPossible(at path: String) -> Bool {
        if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") { return false }
        var (named, status) = (stat(), stat())
        guard lstat(path, &named) == 0 else { return true }
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// An earlier file is removed at once, so that nobody takes it for the one that is to be written.
    ///
    /// - Throws: what keeps a file from being made there.
    package init(at path: String) throws(Errno) {
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        self.path = resolved.map { String(cString: $0) } ?? path
        let (file, beside) = try make()
        file.closeQuietly()
        if let beside { unlink(beside) }
        guard unlink(self.path) == 0 || Errno.last == .noSuchFileOrDirectory else { throw .last }
    }

    /// - Throws: what `body` throws, or an Errno. Nothing has the name then.
    package func write(_ body: (FileDescriptor) throws -> Void) throws {
        let (file, beside) = try make()
        do {
            defer { file.closeQuietly() }
            try body(file)
            if let beside {
                guard rename(beside, path) == 0 else { throw Errno.last }
            } else {
                try name(file)
            }
        } catch {
            if let beside { unlink(beside) }
            throw error
        }
    }

    /// A file of the directory that has no name yet, so that a SIGKILL leaves none; where the file system has no such files,
    /// one beside ours.
    private func make() throws(Errno) -> (FileDescriptor, beside: String?) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        do throws(Errno) {
            return (try FileDescriptor(answer: cl_nameless(AT_FDCWD, directory, O_WRONLY, 0o644)), nil)
        } catch {
            guard error == .notSupportedOnSocket else { throw error }
        }
        return try Self.fileBeside(path)
    }

    private static func fileBeside(_ path: String) throws(Errno) -> (FileDescriptor, beside: String) {
        let beside = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let file = try FileDescriptor(
            opening: beside, .writeOnly, [.create, .exclusiveCreate, .noFollow],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        return (file, beside)
    }

    /// Whether there is anything of that name.
    package static func exists(at path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Writes a file in the place of an earlier one, which stays if this fails.
    ///
    /// - Throws: what `body` throws, or an Errno.
    package static func replace(at path: String, _ body: (FileDescriptor) throws -> Void) throws {
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        let path = resolved.map { String(cString: $0) } ?? path
        try write(beside: path, body) { rename($0, path) }
    }

    /// Writes a file where there is none.
    ///
    /// - Throws: what `body` throws, or an Errno: `fileExists` if there is one by then, which stays.
    package static func create(at path: String, _ body: (FileDescriptor) throws -> Void) throws {
        // link(2) replaces nothing.
        try write(beside: path, body) { link($0, path) }
    }

    private static func write(
        beside path: String, _ body: (FileDescriptor) throws -> Void, name: (String) -> Int32
    ) throws {
        let (file, beside) = try fileBeside(path)
        // What was renamed is not there any more.
        defer {
            file.closeQuietly()
            unlink(beside)
        }
        try body(file)
        guard name(beside) == 0 else { throw Errno.last }
    }

    /// link(2) replaces nothing: what another process has put there meanwhile is removed, as rename(2) would.
    private func name(_ file: FileDescriptor) throws(Errno) {
        let source = "/proc/self/fd/\(file.rawValue)"
        for _ in 0..<100 {
            if linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return }
            guard Errno.last == .fileExists, unlink(path) == 0 || Errno.last == .noSuchFileOrDirectory else {
                throw .last
            }
        }
        throw .fileExists
    }
}
