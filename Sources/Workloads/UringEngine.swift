import CLinux

/// io_uring's READ and WRITE.
public struct UringEngine: Engine, ~Copyable {
    private let target: Target
    private let ring: Ring

    public init(_ target: Target) throws(Failure) {
        self.target = target
        ring = try Ring(entries: target.slots)
    }

    public mutating func enqueue(_ transfer: Transfer) {
        let entry = ring.entry()
        let block = target.block(transfer.slot)
        let (bytes, offset) = (UInt32(target.blockBytes), UInt64(transfer.offset))
        switch transfer.direction {
        case .read: io_uring_prep_read(entry, target.fd, block, bytes, offset)
        case .write: io_uring_prep_write(entry, target.fd, block, bytes, offset)
        }
        entry.pointee.user_data = UInt64(transfer.slot)
    }

    public mutating func submit() throws(Failure) {
        try ring.submit()
    }

    public mutating func reap() -> Completion? {
        ring.reap()
    }

    public static func name(of direction: Direction) -> StaticString {
        direction == .read ? "io_uring IORING_OP_READ" : "io_uring IORING_OP_WRITE"
    }
}
