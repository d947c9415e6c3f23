import CLinux

/// io_uring's READ_FIXED and WRITE_FIXED: the kernel knows the buffers and the file beforehand.
public struct UringFixedEngine: Engine, ~Copyable {
    private let target: Target
    private let ring: Ring

    private static let buffer: Int32 = 0  // the only registered one, all slots' memory
    private static let file: Int32 = 0  // the only registered one

    public init(_ target: Target) throws(Failure) {
        let ring = try Ring(entries: target.slots)
        var memory = iovec(iov_base: target.memory, iov_len: target.slots * target.blockBytes)
        var file = target.fd
        let buffers = io_uring_register_buffers(ring.ring, &memory, 1)
        if buffers == -ENOMEM { try lockMemory() }  // as for the ring
        guard buffers == 0 else { throw unavailable("io_uring_register_buffers of \(memory.iov_len) bytes", -buffers) }
        let files = io_uring_register_files(ring.ring, &file, 1)
        guard files == 0 else { throw unavailable("io_uring_register_files", -files) }
        self.target = target
        self.ring = ring
    }

    public mutating func enqueue(_ transfer: Transfer) {
        let entry = ring.entry()
        let block = target.block(transfer.slot)
        let (bytes, offset) = (UInt32(target.blockBytes), UInt64(transfer.offset))
        switch transfer.direction {
        case .read: io_uring_prep_read_fixed(entry, Self.file, block, bytes, offset, Self.buffer)
        case .write: io_uring_prep_write_fixed(entry, Self.file, block, bytes, offset, Self.buffer)
        }
        entry.pointee.flags |= cl_iosqe_fixed_file
        entry.pointee.user_data = UInt64(transfer.slot)
    }

    public mutating func submit() throws(Failure) {
        try ring.submit()
    }

    public mutating func reap() -> Completion? {
        ring.reap()
    }

    public static func name(of direction: Direction) -> StaticString {
        direction == .read ? "io_uring IORING_OP_READ_FIXED" : "io_uring IORING_OP_WRITE_FIXED"
    }
}

private func unavailable(_ call: String, _ number: Int32) -> Failure {
    Failure(
        call, errno: number, status: .engineUnavailable,
        remedy: "raise RLIMIT_MEMLOCK (ulimit -l), which registered buffers are charged to, or use the io_uring engine")
}
