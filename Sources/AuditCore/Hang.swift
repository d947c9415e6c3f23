/// The stacks and states of a subject's threads when it had run for too long, just before it was ended.
public struct Hang: Equatable, Sendable, Codable {
    /// The limit that it overran.
    public let limitNanoseconds: UInt64
    /// The subject's process tree; null with a reason if it could not be read in time.
    public var processes: Reading<[HungProcess]>

    public init(limitNanoseconds: UInt64, processes: Reading<[HungProcess]>) {
        self.limitNanoseconds = limitNanoseconds
        self.processes = processes
    }
}

public struct HungProcess: Equatable, Sendable, Codable {
    public let pid: Int32
    public let parentPid: Int32
    public let executable: Reading<String>
    public var threads: [HungThread]

    public init(pid: Int32, parentPid: Int32, executable: Reading<String>, threads: [HungThread]) {
        self.pid = pid
        self.parentPid = parentPid
        self.executable = executable
        self.threads = threads
    }
}

public struct HungThread: Equatable, Sendable, Codable {
    public let tid: Int32
    public let name: Reading<String>
    /// The kernel's letter, proc_pid_stat(5): `S` sleeps, `D` waits without taking signals, `R` runs.
    public let state: Reading<String>
    /// The kernel function in which it waits (`wchan`).
    public let waitChannel: Reading<String>
    /// As /proc/PID/stack has it, innermost first: `function+0xoffset/0xsize [module]`.
    public let kernelStack: Reading<[String]>
    public var userStack: Reading<UserStack>

    public init(
        tid: Int32, name: Reading<String>, state: Reading<String>, waitChannel: Reading<String>,
        kernelStack: Reading<[String]>, userStack: Reading<UserStack>
    ) {
        self.tid = tid
        self.name = name
        self.state = state
        self.waitChannel = waitChannel
        self.kernelStack = kernelStack
        self.userStack = userStack
    }

    public struct UserStack: Equatable, Sendable, Codable {
        /// Innermost first.
        public var frames: [Frame]
        /// The stack continues, but could not be walked further.
        public let truncated: Bool

        public init(frames: [Frame], truncated: Bool) {
            self.frames = frames
            self.truncated = truncated
        }
    }
}

/// A value, or the reason why it is unknown. Encoded as `value` and `reason`, of which one is null.
public enum Reading<Value: Equatable & Sendable & Codable>: Equatable, Sendable, Codable {
    case known(Value)
    case unknown(String)

    public var value: Value? {
        if case .known(let value) = self { value } else { nil }
    }

    public var reason: String? {
        if case .unknown(let reason) = self { reason } else { nil }
    }

    private enum Key: CodingKey {
        case value, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let value = try container.decodeIfPresent(Value.self, forKey: .value)
        let reason = try container.decodeIfPresent(String.self, forKey: .reason)
        switch (value, reason) {
        case (let value?, nil): self = .known(value)
        case (nil, let reason?): self = .unknown(reason)
        default: throw contradiction("one of 'value' and 'reason' is null, and only one", decoder)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Nullable(wrappedValue: value), forKey: .value)
        try container.encode(Nullable(wrappedValue: reason), forKey: .reason)
    }
}
