import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// A block device that is backed by a file without a name: nothing can be left behind.
///
/// The kernel clears the device when it is neither open nor mounted any more, and then frees the file's blocks.
struct LoopDevice: ~Copyable {
    /// In /dev.
    let path: String
    private let fd: Int32

    /// - Parameters:
    ///   - directory: where the file is.
    ///   - bytes: the device's size, and the file's.
    init(in directory: String, bytes: UInt64) throws(AuditError) {
        let image = try Self.namelessFile(in: directory, bytes: bytes)
        defer { close(image) }
        let control = open("/dev/loop-control", O_RDWR | O_CLOEXEC)
        guard control >= 0 else { throw unavailable("/dev/loop-control") }
        defer { close(control) }
        // Another process may take the device meanwhile.
        for _ in 0..<100 {
            let number = cl_free_loop_device(control)
            guard number >= 0 else { throw unavailable("/dev/loop-control") }
            let path = "/dev/loop\(number)"
            let fd = open(path, O_RDWR | O_CLOEXEC)
            guard fd >= 0 else { throw unavailable(path) }
            if cl_configure_loop_device(fd, image) {
                (self.path, self.fd) = (path, fd)
                return
            }
            let error = errno
            close(fd)
            errno = error
            guard error == EBUSY else { throw unavailable(path) }
        }
        throw unavailable("/dev/loop-control")
    }

    deinit {
        close(fd)
    }

    private static func namelessFile(in directory: String, bytes: UInt64) throws(AuditError) -> Int32 {
        let path = "\(directory)/image"
        // O_TMPFILE would do the same in one step, where the file system has it.
        let fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw noImage(path) }
        unlink(path)
        guard cl_resize(fd, bytes), cl_reserve(fd, bytes) else {
            let error = errno
            close(fd)
            errno = error
            throw noImage(path)
        }
        return fd
    }
}

private func unavailable(_ path: String) -> AuditError {
    AuditError(
        "no loop device can be made: \(errnoText())", at: path,
        remedy: "it takes the loop module (modprobe loop) and, in a container, access to its devices",
        exit: .inconclusive)
}

private func noImage(_ path: String) -> AuditError {
    AuditError(
        "no image file can be made: \(errnoText())", at: path,
        remedy: "name another directory with --directory, with 1 GiB free",
        exit: .inconclusive)
}
