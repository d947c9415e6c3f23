import Glibc

/// A file that is written beside its place and then renamed: it is whole or not there.
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
        unlink(beside)
        guard unlink(self.path) == 0 || Errno.last == .noSuchFileOrDirectory else { throw .last }
    }

    package func write(_ text: String) throws(Errno) {
        let (file, beside) = try make()
        do throws(Errno) {
            defer { file.closeQuietly() }
            try file.writeAll(text)
            guard rename(beside, path) == 0 else { throw .last }
        } catch {
            unlink(beside)
            throw error
        }
    }

    private func make() throws(Errno) -> (FileDescriptor, path: String) {
        let beside = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let file = try FileDescriptor(
            opening: beside, .writeOnly, [.create, .exclusiveCreate, .noFollow],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        return (file, beside)
    }
}
