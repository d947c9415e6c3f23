/// MCL_* flags of mlockall(2), under the report's names.
public struct LockFlags: OptionSet, Hashable, Sendable, Encodable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let current = LockFlags(rawValue: 1)
    public static let future = LockFlags(rawValue: 2)
    public static let onFault = LockFlags(rawValue: 4)

    public var names: [String] {
        [(LockFlags.current, "current"), (.future, "future"), (.onFault, "onFault")]
            .filter { contains($0.0) }.map(\.1)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }
}

/// What one process did about its memory lock.
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
    /// VmLck in bytes at the steady point.
    public var lockedBytes: UInt64 = 0
    /// Mappings that were not locked at the steady point, the kernel's special ones left out.
    public var unlockedMappings: UInt64 = 0
    /// PR_SET_IO_FLUSHER (prctl(2)) of the thread that began the steady phase.
    public var ioFlusher = false
    /// The last three could be read from proc(5).
    public var observed = false

    public init() {}

    public var inEffectThroughSteady: Bool {
        flagsAtSteady.contains(.future) && !lostInSteady
    }
}

/// The lock of all processes that reached the steady phase, as the report has it.
public struct LockSummary: Equatable, Sendable, Encodable {
    /// Flags that all of them had at the steady point.
    public var mlockall: LockFlags
    public var inEffectThroughSteady: Bool
    /// Sums over these processes.
    public var lockedBytes: UInt64
    public var unlockedMappings: UInt64
    public var ioFlusher: Bool

    public init(of processes: [ProcessLedger]) {
        let locks = processes.filter(\.steadyReached).map(\.lock)
        mlockall = locks.dropFirst().reduce(locks.first?.flagsAtSteady ?? []) { $0.intersection($1.flagsAtSteady) }
        inEffectThroughSteady = !locks.isEmpty && locks.allSatisfy(\.inEffectThroughSteady)
        lockedBytes = locks.reduce(0) { $0 + $1.lockedBytes }
        unlockedMappings = locks.reduce(0) { $0 + $1.unlockedMappings }
        ioFlusher = !locks.isEmpty && locks.allSatisfy(\.ioFlusher)
    }
}

/// Whether a pass needs MCL_FUTURE through the steady phase.
public enum LockRequirement: Sendable {
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
