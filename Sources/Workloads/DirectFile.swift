import CLinux

/// The file that is worked on, open with O_DIRECT for as long as this value lives.
struct DirectFile: ~Copyable {
    let fd: Int32
    private let path: UnsafePointer<CChar>

    /// Opens the file, or makes it.
    init(_ options: Options) throws(Failure) {
        let (path, blockBytes) = (options.file, options.blockBytes)
        fd = cl_create_direct(path)
        self.path = path
        guard fd >= 0 else { throw unusable(path, errno) }
        // tmpfs takes O_DIRECT since Linux 6.6, but its page cache is all it has.
        guard options.mayBeInMemory || !isInMemory else {
            throw noDirectIO("\(String(cString: path)): its file system is in memory (tmpfs)")
        }
        let alignment = Int(cl_direct_alignment(fd))
        guard alignment != 0 else { throw unusable(path, EINVAL) }
        guard alignment < 0 || blockBytes % alignment == 0 else {
            throw Failure(
                .usage, "--bs \(blockBytes) must be a multiple of \(alignment): \(String(cString: path)) takes no less")
        }
    }

    deinit {
        if fd >= 0 { close(fd) }
    }

    private var isInMemory: Bool {
        var fileSystem = statfs()
        // Of a device it is what holds its name in /dev.
        guard !isDevice, fstatfs(fd, &fileSystem) == 0 else { return false }
        return fileSystem.f_type == TMPFS_MAGIC || fileSystem.f_type == RAMFS_MAGIC
    }

    private var isDevice: Bool {
        var status = stat()
        return fstat(fd, &status) == 0 && status.st_mode & UInt32(S_IFMT) == UInt32(S_IFBLK)
    }

    /// Writes all of it, so that reads find what they expect and no later write makes the file system allocate blocks.
    func layOut(_ options: Options, _ content: Content) throws(Failure) {
        let blocks = min(options.blocks, max(1, 1 << 20 / options.blockBytes))
        let buffer = try DirectBuffer(bytes: blocks * options.blockBytes)
        for first in stride(from: 0, to: options.blocks, by: blocks) {
            let count = min(blocks, options.blocks - first)
            for block in 0..<count {
                content.stamp(
                    buffer.start + block * options.blockBytes, at: (first + block) * options.blockBytes,
                    generation: Content.firstGeneration)
            }
            try write(buffer.start, count * options.blockBytes, at: first * options.blockBytes)
        }
        guard fsync(fd) == 0 else { throw Failure("fsync of \(String(cString: path))", errno: errno) }
    }

    /// A short write is tried again for the rest, to learn the reason.
    private func write(_ start: UnsafeMutableRawPointer, _ bytes: Int, at offset: Int) throws(Failure) {
        var done = 0
        while done < bytes {
            let written = pwrite(fd, start + done, bytes - done, offset + done)
            guard written > 0 else {
                if written < 0 && errno == EINVAL { throw unusable(path, EINVAL) }
                throw Failure(
                    "laying out \(String(cString: path)): pwrite of \(bytes - done) bytes at offset \(offset + done)",
                    errno: written < 0 ? errno : EIO)
            }
            done += written
        }
    }
}

private func unusable(_ path: UnsafePointer<CChar>, _ number: Int32) -> Failure {
    let path = String(cString: path)
    return number == EINVAL
        ? noDirectIO("\(path): its file system does not support O_DIRECT") : Failure("opening \(path)", errno: number)
}

private func noDirectIO(_ problem: String) -> Failure {
    Failure(.noDirectIO, "\(problem); use a file on a disk file system (ext4, xfs, btrfs)")
}
