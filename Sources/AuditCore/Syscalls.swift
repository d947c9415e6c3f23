/// The method of the syscalls witness: the values of `--syscalls`.
public enum SyscallsChoice: String, CaseIterable, Sendable {
    /// The first of the others that is allowed.
    case auto
    case perf
    case perfMappings = "perf-mappings"
    case seccomp, off

    /// Nothing passes without the one that is asked for.
    var isByName: Bool { ![.auto, .off].contains(self) }
}

/// The method that was used.
public enum SyscallsMethod: String, Sendable, Codable {
    /// The tracepoint raw_syscalls:sys_enter.
    case perf
    /// perf's own records of new mappings: mmap, brk and mprotect, not calls that unmap, move or unlock.
    case perfMappings = "perf-mappings"
    /// A seccomp filter with user notification.
    case seccomp
}

/// A program that a process executed without the interposer.
public struct UnseenProgram: Equatable, Sendable, Encodable {
    public let pid: Int32
    public let path: String
    /// Why, as far as its file shows it.
    public let why: String

    public init(pid: Int32, path: String, why: String) {
        self.pid = pid
        self.path = path
        self.why = why
    }
}

/// A system call in the steady phase of a thread, one by one.
public struct StrictCall: Equatable, Sendable {
    public let kind: EventKind
    public let tid: Int32
    /// CLOCK_MONOTONIC.
    public let nanoseconds: UInt64
    public let bytes: UInt64

    public init(kind: EventKind, tid: Int32, nanoseconds: UInt64, bytes: UInt64) {
        self.kind = kind
        self.tid = tid
        self.nanoseconds = nanoseconds
        self.bytes = bytes
    }
}

/// Watched system calls that are no events of the report: they undo the memory lock, or map or fill memory in unusual ways.
public enum OtherCall: String, CaseIterable, Sendable {
    case mlockall, munlock, munlockall, shmat
    case remapFilePages = "remap_file_pages"
    case ioSetup = "io_setup"
    case mapVDSO = "ARCH_MAP_VDSO"
    case collapse = "MADV_COLLAPSE"
}
