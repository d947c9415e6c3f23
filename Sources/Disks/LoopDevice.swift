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
    private let fd: FileDescriptor

    /// - Parameters:
    ///   - directory: where the file is.
    ///   - bytes: the device's size, and the file's.
    init(in directory: String, bytes: UInt64) throws(AuditError) {
        let image = try Self.namelessFile(in: directory, bytes: bytes)
        defer { image.closeQuietly() }
        let control = try Self.opened("/dev/loop-control")
        defer { control.closeQuietly() }
        // Another process may take the device meanwhile.
        for _ in 0..<100 {
            let path = "/dev/loop\(try Self.free(control))"
            let fd = try Self.opened(path)
            do throws(Errno) {
                try granted(cl_configure_loop_device(fd.rawValue, image.rawValue))
                (self.path, self.fd) = (path, fd)
                return
            } catch {
                fd.closeQuietly()
                guard error == .resourceBusy else { throw unavailable(path, error) }
            }
        }
        throw unavailable("/dev/loop-control", .resourceBusy)
    }

    deinit {
        fd.closeQuietly()
    }

    private static func opened(_ path: String) throws(AuditError) -> FileDescriptor {
        do throws(Errno) { return try FileDescriptor(opening: path, .readWrite) } catch {
            throw unavailable(path, error)
        }
    }

    /// The number of a device that is free now.
    private static func free(_ control: FileDescriptor) throws(AuditError) -> Int32 {
        do throws(Errno) {
            return try granted(cl_free_loop_device(control.rawValue))
        } catch {
            throw unavailable("/dev/loop-control", error)
        }
    }

    private static func namelessFile(in directory: String, bytes: UInt64) throws(AuditError) -> FileDescriptor {
        let path = "\(directory)/image"
        do throws(Errno) {
            // O_TMPFILE would do the same in one step, where the file system has it.
            let file = try FileDescriptor(
                opening: path, .readWrite, [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
            unlink(path)
            do throws(Errno) {
                try granted(cl_resize(file.rawValue, bytes))
                try granted(cl_reserve(file.rawValue, bytes))
                return file
            } catch {
                file.closeQuietly()
                throw error
            }
        } catch {
            throw noImage(path, error)
        }
    }
}

private func unavailable(_ path: String, _ error: Errno) -> AuditError {
    AuditError(
        "no loop device can be made: \(error)", at: path,
        remedy: "it takes the loop module (modprobe loop) and, in a container, access to its devices",
        exit: .inconclusive)
}

private func noImage(_ path: String, _ error: Errno) -> AuditError {
    AuditError(
        "no image file can be made: \(error)", at: path,
        remedy: "name another directory with --directory, with 1 GiB free",
        exit: .inconclusive)
}
