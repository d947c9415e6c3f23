/// MCL_* flags of mlockall(2), under the report's names.
public struct LockFlags: OptionSet, Hashable, Sendable, Codable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let current = LockFlags(rawValue: 1)
    public static let future = LockFlags(rawValue: 2)
    public static let onFault = LockFlags(rawValue: 4)

    private static let named: [(flag: LockFlags, name: String)] = [
        (.current, "current"), (.future, "future"), (.onFault, "onFault"),
    ]

    public var names: [String] { Self.named.filter { contains($0.flag) }.map(\.name) }

    public init(from decoder: any Decoder) throws {
        self = []
        for name in try decoder.singleValueContainer().decode([String].self) {
            guard let flag = Self.named.first(where: { $0.name == name }) else {
                throw contradiction("no flag of mlockall is called '\(name)'", decoder)
            }
            insert(flag.flag)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }
}

/// The memory lock of one process.
public struct ProcessLock: Equatable, Sendable {
    /// mlockall calls, failed ones too.
    public var calls: UInt32 = 0
    /// In effect when the process was last looked at.
    public var flags: LockFlags = []
    /// In effect when the steady phase began.
    public var flagsAtSteady: LockFlags = []
    /// munlock or munlockall succeeded in the steady phase.
    public var lostInSteady = false
    /// errno of the last mlockall that failed, 0 if none did.
    public var errno: Int32 = 0
    /// Size of the address space in bytes (VmSize) when it failed.
    public var bytesNeeded: UInt64 = 0
    /// What of that is the interposer's.
    public var ownBytes: UInt64 = 0
    /// The soft RLIMIT_MEMLOCK of the process at that time, `max` if there was none; nil if it could not be read.
    public var limit: UInt64?
    /// VmLck in bytes at the steady point.
    public var lockedBytes: UInt64 = 0
    /// Mappings that were not locked at the steady point, the kernel's special ones left out.
    public var unlockedMappings: UInt64 = 0
    /// PR_SET_IO_FLUSHER (prctl(2)) of the thread that began the steady phase.
    public var ioFlusher = false
    /// Whether what is mapped anew is locked, where MCL_FUTURE should be in effect.
    public enum NewMappings: Sendable {
        case locked, unlocked, unknown
    }

    /// When the steady phase began and when the process ended.
    public var newMappings = NewMappings.locked
    /// Locked bytes, unlocked mappings and the I/O flusher could be read from proc(5).
    public var observed = false

    public init() {}

    /// And did not succeed at another time.
    var failed: Bool { errno != 0 && !flags.union(flagsAtSteady).contains(.future) }

    public var inEffectThroughSteady: Bool {
        flagsAtSteady.contains(.future) && !lostInSteady
    }
}

/// The lock of all processes that reached the steady phase, as the report has it.
public struct LockSummary: Equatable, Sendable, Codable {
    /// Flags that all of them had at the steady point.
    public var mlockall: LockFlags
    public var inEffectThroughSteady: Bool
    /// Sums over these processes.
    public var lockedBytes: UInt64
    public var unlockedMappings: UInt64
    public var ioFlusher: Bool
    /// Null unless RLIMIT_MEMLOCK kept a process from locking its memory.
    @Nullable public var shortage: LockShortage?

    init(of processes: [ProcessLedger], limit: UInt64?) {
        let locks = processes.filter(\.steadyReached).map(\.lock)
        mlockall = locks.dropFirst().reduce(locks.first?.flagsAtSteady ?? []) { $0.intersection($1.flagsAtSteady) }
        inEffectThroughSteady =
            !locks.isEmpty && locks.allSatisfy { $0.inEffectThroughSteady && $0.newMappings != .unlocked }
        lockedBytes = locks.reduce(0) { $0 + $1.lockedBytes }
        unlockedMappings = locks.reduce(0) { $0 + $1.unlockedMappings }
        ioFlusher = !locks.isEmpty && locks.allSatisfy(\.ioFlusher)
        shortage = processes.filter { $0.lock.failed }.compactMap { LockShortage($0.lock, inheritedLimit: limit) }
            .max { $0.neededBytes < $1.neededBytes }
    }
}

/// Memory that was to be locked, and how much may be.
public struct LockShortage: Equatable, Sendable, Codable {
    public let neededBytes: UInt64
    /// What of that is dioaudit's, in the process.
    public let dioauditBytes: UInt64
    /// The soft RLIMIT_MEMLOCK.
    public let limitBytes: UInt64

    /// Nil where the limit, if there is one, suffices.
    ///
    /// - Parameter inheritedLimit: dioaudit's own, for a process whose limit could not be read.
    init?(_ lock: ProcessLock, inheritedLimit: UInt64?) {
        guard let limit = lock.limit ?? inheritedLimit, limit < lock.bytesNeeded else { return nil }
        neededBytes = lock.bytesNeeded
        dioauditBytes = lock.ownBytes
        limitBytes = limit
    }

    /// In words that follow what it is said of.
    ///
    /// - Parameter rounded: up, to leave room for what would have come later.
    public func advice(rounded: Bool = false) -> String { "\(need(rounded: rounded)); \(remedy(rounded: rounded))" }

    func need(rounded: Bool = false) -> String {
        "needs \(kib(rounded)) KiB, of which \(dioauditBytes / 1024) KiB are dioaudit's, and its RLIMIT_MEMLOCK is "
            + "\(limitBytes / 1024) KiB"
    }

    func remedy(rounded: Bool = false) -> String {
        "raise that with 'ulimit -l \(kib(rounded))', 'memlock' in /etc/security/limits.conf, or systemd's LimitMEMLOCK="
    }

    private func kib(_ rounded: Bool) -> UInt64 { rounded ? (neededBytes >> 16 + 1) << 6 : (neededBytes + 1023) / 1024 }
}

/// Whether a pass needs MCL_FUTURE through the steady phase.
public enum LockRequirement: String, Sendable, Codable {
    case always
    /// Of all processes, if any of them called mlockall: the subject means to be locked.
    case whenSubjectLocks
    case never

    func applies(subjectLocks: Bool) -> Bool {
        switch self {
        case .always: true
        case .whenSubjectLocks: subjectLocks
        case .never: false
        }
    }
}
