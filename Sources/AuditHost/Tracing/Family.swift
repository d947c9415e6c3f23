import CLinuxHost

/// A process and all that it starts, told apart in the kernel by a BPF program.
struct Family: ~Copyable {
    /// Null where it is not to be had: then the witnesses watch each thread by itself.
    private(set) var pointer: OpaquePointer?

    mutating func begin(_ first: Int32) {
        pointer = cl_family_open(first)
    }

    deinit {
        if let pointer { cl_family_close(pointer) }
    }
}
