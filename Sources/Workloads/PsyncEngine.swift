import CLinux

/// pread(2) and pwrite(2): one transfer at a time.
public struct PsyncEngine: Engine, ~Copyable {
    private let target: Target
    private var transfer: Transfer?
    private var completion: Completion?

    public init(_ target: Target) {
        self.target = target
    }

    public mutating func enqueue(_ transfer: Transfer) {
        self.transfer = transfer
    }

    public mutating func submit() {
        guard let transfer = transfer.take() else { return }
        let block = target.block(transfer.slot)
        let result =
            switch transfer.direction {
            case .read: pread(target.fd, block, target.blockBytes, transfer.offset)
            case .write: pwrite(target.fd, block, target.blockBytes, transfer.offset)
            }
        completion = Completion(slot: transfer.slot, result: result < 0 ? -Int(errno) : result)
    }

    public mutating func reap() -> Completion? {
        completion.take()
    }

    public static func name(of direction: Direction) -> StaticString {
        direction == .read ? "pread" : "pwrite"
    }
}
