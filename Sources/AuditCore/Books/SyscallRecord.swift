/// One of the watched system calls.
package enum WatchedCall: CaseIterable {
    case mmap, munmap, mremap, brk, mlockall, munlock, munlockall, shmat, remapFilePages, ioSetup, mapVDSO, collapse
    /// A brk that moves the heap's end down.
    case lowerBrk
}

/// One call of one thread, as the kernel saw it.
package struct SyscallRecord: Timed {
    package let nanoseconds: UInt64
    package let pid: Int32
    package let tid: Int32
    package let call: WatchedCall
    /// The length it named, if any.
    package let bytes: UInt64

    package init(nanoseconds: UInt64, pid: Int32, tid: Int32, call: WatchedCall, bytes: UInt64) {
        self.nanoseconds = nanoseconds
        self.pid = pid
        self.tid = tid
        self.call = call
        self.bytes = bytes
    }
}

/// A program that a process executed.
package struct ExecRecord {
    package let nanoseconds: UInt64
    package let pid: Int32
    /// The path of its file, or only its name if the kernel reported no more.
    package var path: String

    package init(nanoseconds: UInt64, pid: Int32, path: String) {
        self.nanoseconds = nanoseconds
        self.pid = pid
        self.path = path
    }
}
