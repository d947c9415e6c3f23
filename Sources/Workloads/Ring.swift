import CLinux

/// An io_uring, set up by liburing for as long as this value lives. Has room for a job's slots.
struct Ring: ~Copyable {
    let ring: UnsafeMutablePointer<io_uring>

    init(entries: Int) throws(Failure) {
        let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
        ring.initialize(to: io_uring())
        // Completions wait until the job asks; a kernel before 5.19 interrupts it instead.
        var result = io_uring_queue_init(UInt32(entries), ring, IORING_SETUP_COOP_TASKRUN)
        if result == -EINVAL { result = io_uring_queue_init(UInt32(entries), ring, 0) }
        if result != 0 {
            ring.deallocate()
            // The same limit is in the way of the lock, which knows how high it must be.
            if -result == ENOMEM { try lockMemory() }
            throw Failure(
                "io_uring_queue_init for \(entries) entries", errno: -result, status: .engineUnavailable,
                remedy: Self.remedy(-result))
        }
        self.ring = ring
    }

    deinit {
        io_uring_queue_exit(ring)
        ring.deallocate()
    }

    private static func remedy(_ number: Int32) -> String {
        switch number {
        case EPERM, EACCES: "allow it: sysctl kernel.io_uring_disabled=0, or the container's seccomp profile"
        case ENOMEM: "raise RLIMIT_MEMLOCK (ulimit -l), which kernels charge rings to"
        case ENOSYS: "it takes a kernel with CONFIG_IO_URING, 5.6 or later, and a sandbox that lets it through"
        default: "use another engine"
        }
    }

    /// The next free entry. There is one for each slot, and a slot has one transfer at a time.
    func entry() -> UnsafeMutablePointer<io_uring_sqe> {
        io_uring_get_sqe(ring)!
    }

    /// Hands over the entries and returns when a completion is there.
    func submit() throws(Failure) {
        let result = io_uring_submit_and_wait(ring, 1)
        guard result >= 0 || result == -EINTR else {
            throw Failure("io_uring_submit_and_wait", errno: -result)
        }
    }

    /// One of the completions that are there; entries carry their slot as user data.
    func reap() -> Completion? {
        var next: UnsafeMutablePointer<io_uring_cqe>?
        guard io_uring_peek_cqe(ring, &next) == 0, let entry = next else { return nil }
        let completion = Completion(slot: Int(entry.pointee.user_data), result: Int(entry.pointee.res))
        io_uring_cqe_seen(ring, entry)
        return completion
    }
}
