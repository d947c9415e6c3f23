import CLinux

/// Memory for direct I/O, aligned to a page, which suits every device. A mapping of its own, so that it is gone
/// entirely when this value is, and does not count against the memory that is locked later.
struct DirectBuffer: ~Copyable {
    let start: UnsafeMutableRawPointer
    private let bytes: Int

    init(bytes: Int) throws(Failure) {
        let failed = UnsafeMutableRawPointer(bitPattern: -1)  // MAP_FAILED
        let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != failed else {
            throw Failure("mmap of \(bytes) bytes of buffer", errno: errno, remedy: "use a smaller --bs or --iodepth")
        }
        self.start = start
        self.bytes = bytes
    }

    deinit {
        munmap(start, bytes)
    }
}
