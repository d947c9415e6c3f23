import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// The kinds of disks to measure on. The raw values are the report's names.
package enum DiskKind: String, CaseIterable, Sendable {
    /// A loop device itself, without a file system.
    case block
    case ext4, xfs, btrfs, f2fs
    /// It has only a page cache, but accepts O_DIRECT since Linux 6.6.
    case tmpfs

    /// Why there can be none on this machine, and what to do about it; nil if there can.
    package func whyAbsent() throws(AuditError) -> String? {
        switch self {
        case .block: nil
        case .tmpfs: try whyNoDirectIOInMemory()
        case .ext4, .xfs, .btrfs, .f2fs: try whyNoFileSystem()
        }
    }

    /// The command that makes a file system of this kind.
    var maker: Maker? {
        switch self {
        // Or a kernel thread would write its inode tables meanwhile.
        case .ext4: Maker("e2fsprogs", ["-q", "-F", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"])
        case .xfs: Maker("xfsprogs", ["-q", "-f", "-K"])
        case .btrfs: Maker("btrfs-progs", ["-q", "-f", "-K"])
        case .f2fs: Maker("f2fs-tools", ["-q", "-f", "-t", "0"])
        case .block, .tmpfs: nil
        }
    }

    struct Maker {
        /// Debian's, that holds the program `mkfs.TYPE`.
        let package: String
        /// Without discarding, which would give the image file's blocks back. What is not said here is as the program's own
        /// defaults have it: that is what people's disks are like.
        let options: [String]

        init(_ package: String, _ options: [String]) {
            (self.package, self.options) = (package, options)
        }
    }

    private func whyNoFileSystem() throws(AuditError) -> String? {
        var missing: [String] = []
        if try !isInKernel() {
            missing.append("this kernel has no \(rawValue): it takes one with CONFIG_\(rawValue.uppercased())_FS")
        }
        if let maker, Tool.named("mkfs.\(rawValue)") == nil {
            missing.append("there is no mkfs.\(rawValue): apt-get install \(maker.package)")
        }
        return missing.isEmpty ? nil : missing.joined(separator: "; ")
    }

    private func isInKernel() throws(AuditError) -> Bool {
        if Mount.diskTypes().contains(rawValue) { return true }
        guard let modprobe = Tool.named("modprobe") else { return false }
        _ = try modprobe.run(["-q", rawValue])
        return Mount.diskTypes().contains(rawValue)
    }

    /// A memfd is a tmpfs's file, and so it can be tried without a mount.
    private func whyNoDirectIOInMemory() throws(AuditError) -> String? {
        let file = try memoryFile("dioaudit-tmpfs", for: "tmpfs")
        defer { file.closeQuietly() }
        do throws(Errno) {
            try FileDescriptor(answer: cl_open_direct("/proc/self/fd/\(file.rawValue)")).closeQuietly()
            return nil
        } catch {
            return "this kernel's tmpfs takes no O_DIRECT (\(error)): it takes Linux 6.6 or later"
        }
    }
}
