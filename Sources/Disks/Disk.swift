import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// A new disk for transfers, removed with this value.
package struct Disk: ~Copyable {
    /// What the transfers go to: the device itself, or a name for a file on it that is not there yet.
    package let file: String

    // In whichever order they go: the kernel keeps the device as long as it is mounted.
    private let mount: MountedFileSystem?
    private let loop: LoopDevice?

    /// Enough for what every mkfs asks for, for btrfs to write elsewhere each time, and for mke2fs(8) not to take it for a
    /// small disk, whose blocks it makes 1 KiB.
    private static let bytes: UInt64 = 1 << 30

    /// - Parameter scratch: where its image file and its mount point are.
    package init(_ kind: DiskKind, in scratch: borrowing ScratchDirectory) throws(AuditError) {
        let mountPoint = "\(scratch.path)/mount"
        switch kind {
        case .block:
            let loop = try LoopDevice(in: scratch.path, bytes: Self.bytes)
            file = loop.path
            self.loop = consume loop
            mount = nil
        case .tmpfs:
            mount = try MountedFileSystem("tmpfs", at: mountPoint, type: "tmpfs", options: "size=64m")
            loop = nil
            file = "\(mountPoint)/data"
        case .ext4, .xfs, .btrfs, .f2fs:
            let loop = try LoopDevice(in: scratch.path, bytes: Self.bytes)
            try kind.makeFileSystem(on: loop.path)
            mount = try MountedFileSystem(loop.path, at: mountPoint, type: kind.rawValue)
            self.loop = consume loop
            file = "\(mountPoint)/data"
        }
    }

    /// Removes the file and writes back what was changed, so that the next workload begins like the first. A device is
    /// written over.
    package func clear() {
        switch mount {
        case nil: break
        case let mount?:
            unlink(file)
            cl_sync(mount.path)
        }
    }
}

extension DiskKind {
    fileprivate func makeFileSystem(on device: String) throws(AuditError) {
        let program = "mkfs.\(rawValue)"
        guard let maker, let tool = Tool.named(program) else {
            throw AuditError(
                "not found", at: program, remedy: "apt-get install \(self.maker?.package ?? program)",
                exit: .inconclusive)
        }
        if let problem = try tool.run(maker.options + [device]) {
            throw AuditError(
                "failed on \(device): \(problem)", at: program, remedy: "is there room where --directory is?",
                exit: .inconclusive)
        }
    }
}
