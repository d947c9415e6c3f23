import CLinux

/// preadv2(2) and pwritev2(2) over a block in 16 segments, writes with RWF_DSYNC: one transfer at a time.
public struct Pvsync2Engine: Engine, ~Copyable {
    private let target: Target
    private let segments: Segments
    private var transfer: Transfer?
    private var completion: Completion?

    public init(_ target: Target) throws(Failure) {
        self.target = target
        segments = try Segments(target)
    }

    public mutating func enqueue(_ transfer: Transfer) {
        self.transfer = transfer
    }

    public mutating func submit() {
        guard let transfer = transfer.take() else { return }
        let result =
            switch transfer.direction {
            case .read: preadv2(target.fd, segments.start, segments.count, transfer.offset, 0)
            case .write: pwritev2(target.fd, segments.start, segments.count, transfer.offset, cl_rwf_dsync)
            }
        completion = Completion(slot: transfer.slot, result: result < 0 ? -Int(errno) : result)
    }

    public mutating func reap() -> Completion? {
        completion.take()
    }

    public static func name(of direction: Direction) -> StaticString {
        direction == .read ? "preadv2" : "pwritev2"
    }
}

/// The only slot's memory, cut into pieces of one length.
private struct Segments: ~Copyable {
    let start: UnsafeMutablePointer<iovec>
    let count: Int32

    private static let most: Int32 = 16

    /// Kernels before 6.18 and some devices require whole logical blocks in each segment, which the file does not report. So
    /// the number of segments is that of a trial read.
    init(_ target: Target) throws(Failure) {
        let start = UnsafeMutablePointer<iovec>.allocate(capacity: Int(Self.most))
        var count = Self.most
        Self.cut(target, into: count, start)
        while preadv2(target.fd, start, count, 0, 0) < 0 {
            let number = errno
            guard number == EINVAL, count > 1 else {
                start.deallocate()
                throw Failure(
                    "preadv2", errno: number, status: number == EINVAL ? .failed : .engineUnavailable,
                    remedy: "the kernel must offer it (Linux 4.7) and no sandbox forbid it")
            }
            count /= 2
            Self.cut(target, into: count, start)
        }
        self.start = start
        self.count = count
    }

    private static func cut(_ target: Target, into count: Int32, _ segments: UnsafeMutablePointer<iovec>) {
        let bytes = target.blockBytes / Int(count)
        for index in 0..<Int(count) {
            (segments + index).initialize(to: iovec(iov_base: target.memory + index * bytes, iov_len: bytes))
        }
    }

    deinit {
        start.deallocate()
    }
}
