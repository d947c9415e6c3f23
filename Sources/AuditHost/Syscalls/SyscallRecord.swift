import CLinuxHost

/// One of the watched system calls.
enum WatchedCall: UInt32, CaseIterable {
    case mmap, munmap, mremap, brk, mlockall, munlock, munlockall, shmat, remapFilePages

    init?(_ act: UInt32) {
        self.init(rawValue: act)  // in the order of enum cl_act
    }
}

/// One call of one thread, as the kernel saw it.
struct SyscallRecord: Timed {
    let nanoseconds: UInt64
    let pid: Int32
    let tid: Int32
    let call: WatchedCall
    /// The length it named, if any.
    let bytes: UInt64
}

/// A program that a process executed.
struct ExecRecord {
    let nanoseconds: UInt64
    let pid: Int32
    /// The path of its file, or only its name if the kernel reported no more.
    var path: String
}
