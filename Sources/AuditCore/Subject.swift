/// How the subject's first process ended. Both null: it never started.
public struct SubjectExit: Equatable, Sendable, Codable {
    @Nullable public var code: Int32?
    /// Number of the signal that killed it.
    @Nullable public var signal: Int32?

    public init(code: Int32? = nil, signal: Int32? = nil) {
        self.code = code
        self.signal = signal
    }

    public var succeeded: Bool { code == 0 }

    /// As shells have it: 128 more than the number of a signal. Nil: it never started.
    public var status: Int32? { code ?? signal.map { 128 + $0 } }

    public var neverStarted: Bool { code == nil && signal == nil }
}

/// The program under audit, and how it ended.
public struct Subject: Equatable, Sendable, Codable {
    public var command: [String]
    public var exit: SubjectExit
    /// Processes that the interposer attached to.
    public var processes: Int
    /// Threads in all of these, each process's first one too.
    public var threads: Int

    public init(command: [String], exit: SubjectExit, processes: Int = 0, threads: Int = 0) {
        self.command = command
        self.exit = exit
        self.processes = processes
        self.threads = threads
    }
}
