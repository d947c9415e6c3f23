import CLinux

/// io_submit(2) and io_getevents(2), through libaio.
public struct LibaioEngine: Engine, ~Copyable {
    private let target: Target
    private let context: io_context_t
    private let requests: UnsafeMutablePointer<iocb>  // one for each slot
    private let queue: UnsafeMutablePointer<UnsafeMutablePointer<iocb>?>
    private var queued = 0
    private let events: UnsafeMutablePointer<io_event>
    private var arrived = 0..<0

    public init(_ target: Target) throws(Failure) {
        var context: io_context_t?
        let result = io_setup(Int32(target.slots), &context)
        guard result == 0, let context else {
            throw Failure(
                "io_setup for \(target.slots) requests", errno: -result, status: .engineUnavailable,
                remedy: "raise fs.aio-max-nr (sysctl) if it is used up; a sandbox may forbid it altogether")
        }
        self.target = target
        self.context = context
        requests = .allocate(capacity: target.slots)
        requests.initialize(repeating: iocb(), count: target.slots)
        queue = .allocate(capacity: target.slots)
        queue.initialize(repeating: nil, count: target.slots)
        events = .allocate(capacity: target.slots)
        events.initialize(repeating: io_event(), count: target.slots)
    }

    deinit {
        io_destroy(context)
        requests.deallocate()
        queue.deallocate()
        events.deallocate()
    }

    public mutating func enqueue(_ transfer: Transfer) {
        let request = requests + transfer.slot
        let block = target.block(transfer.slot)
        let offset = Int64(transfer.offset)
        switch transfer.direction {
        case .read: io_prep_pread(request, target.fd, block, target.blockBytes, offset)
        case .write: io_prep_pwrite(request, target.fd, block, target.blockBytes, offset)
        }
        queue[queued] = request
        queued += 1
    }

    public mutating func submit() throws(Failure) {
        try handOver()
        guard arrived.isEmpty else { return }
        var result: Int32
        repeat {
            result = io_getevents(context, 1, target.slots, events, nil)
        } while result == -EINTR
        guard result > 0 else { throw Failure("io_getevents", errno: -result) }
        arrived = 0..<Int(result)
    }

    /// io_submit(2) may take fewer than it was given.
    private mutating func handOver() throws(Failure) {
        var done = 0
        while done < queued {
            let result = io_submit(context, queued - done, queue + done)
            guard result > 0 else { throw Failure("io_submit of \(queued - done) requests", errno: -result) }
            done += Int(result)
        }
        queued = 0
    }

    public mutating func reap() -> Completion? {
        guard let index = arrived.first else { return nil }
        arrived = index + 1..<arrived.upperBound
        let event = events[index]
        return Completion(slot: event.obj - requests, result: Int(bitPattern: event.res))
    }

    public static func name(of direction: Direction) -> StaticString {
        direction == .read ? "io_submit (IO_CMD_PREAD)" : "io_submit (IO_CMD_PWRITE)"
    }
}
