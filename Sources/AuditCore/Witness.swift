/// An independent source of events, and whether it observed.
public struct Witness: Equatable, Sendable, Codable {
    public enum Status: String, Sendable, Codable {
        case active, unavailable
        /// It saw some of the subject only.
        case partial
    }

    public var status: Status
    /// Why it is not active.
    @Nullable public var reason: String?
    /// Changes that would let it observe, each enough by itself; null if none is known.
    public var remedies: [String]?
    /// The method, if there is more than one.
    public var method: SyscallsMethod?
    /// The source of its events, if it listened at tracepoints.
    public var tracing: Tracing?
    /// Why BPF programs, which would cost less, were not used: which was refused and why, with the last lines of the
    /// kernel's verifier.
    public var programsRefused: String?

    public enum Tracing: String, Sendable, Codable {
        /// A BPF program on each tracepoint.
        case programs = "bpf-programs"
        /// Events on each thread.
        case events = "perf-events"
    }

    public static let active = Witness(status: .active, reason: nil)

    public static func unavailable(_ reason: String) -> Witness {
        Witness(status: .unavailable, reason: reason)
    }

    public static func partial(_ reason: String, _ remedy: Remedy? = nil) -> Witness {
        Witness(status: .partial, reason: reason, remedies: remedy.map { [$0.text] })
    }
}

public struct Witnesses: Equatable, Sendable, Codable {
    /// The interposed calls in user space (LD_PRELOAD).
    public var interposer: Witness
    /// The kernel's view of mmap, munmap, mremap and brk.
    public var syscalls: Witness
    /// kmem and page-fault tracepoints.
    public var kernel: Witness
    /// What moved data on O_DIRECT files, as the kernel saw it.
    public var transfers: Witness
    /// The kernel's accounting of disk I/O, which confirms the transfers where that witness does not: null where it does, and
    /// without a steady phase.
    public var accounting: Witness?
    /// Resident pages and mappings at the edges of the steady phase, or as the kernel records each change; null without that phase.
    public var pages: Witness?
    /// glibc's own books of its heap at these edges; or probes on libc's heap functions, in a program that was attached to.
    public var heap: Witness?

    public init(
        interposer: Witness, syscalls: Witness, kernel: Witness, transfers: Witness,
        accounting: Witness? = nil, pages: Witness? = nil, heap: Witness? = nil
    ) {
        self.interposer = interposer
        self.syscalls = syscalls
        self.kernel = kernel
        self.transfers = transfers
        self.accounting = accounting
        self.pages = pages
        self.heap = heap
    }
}

extension Witnesses {
    /// Each by its name in the report; nil where an audit had no use for it.
    package static let named: [(name: String, of: @Sendable (Witnesses) -> Witness?)] = [
        ("interposer", { $0.interposer }), ("syscalls", { $0.syscalls }), ("kernel", { $0.kernel }),
        ("transfers", { $0.transfers }), ("accounting", { $0.accounting }), ("pages", { $0.pages }),
        ("heap", { $0.heap }),
    ]
}
