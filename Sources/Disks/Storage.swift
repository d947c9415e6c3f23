import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

extension Storage {
    package static func holding(_ directory: String) -> Storage {
        let path = Installation.absolute(directory)
        let mount = Mount.all().holding(path)
        return Storage(
            directory: path, device: device(of: path) ?? mount.flatMap { isBlockDevice($0.source) ? $0.source : nil },
            fileSystem: mount?.type)
    }

    /// By its number: what was mounted may go by a name that is none (`/dev/root`). File systems that have several devices
    /// (btrfs) have a number of their own, which is no device's.
    private static func device(of path: String) -> String? {
        var (major, minor): (UInt32, UInt32) = (0, 0)
        guard cl_device_holding(path, &major, &minor) else { return nil }
        let number = "\(major):\(minor)"
        let link = Installation.absolute("/sys/dev/block/\(number)")
        guard !link.hasSuffix(number) else { return nil }
        return link.split(separator: "/").last.map { "/dev/\($0)" }
    }

    private static func isBlockDevice(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFBLK
    }
}
