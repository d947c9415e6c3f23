/// The kernel's accounting of a process's disk I/O (getrusage(2)), and what the transfers that the interposer saw explain of it.
public struct IOAccounting: Equatable, Sendable {
    /// Bytes of one direction.
    public struct Balance: Equatable, Sendable {
        public var accounted: UInt64 = 0
        public var explained: UInt64 = 0

        public init(accounted: UInt64 = 0, explained: UInt64 = 0) {
            self.accounted = accounted
            self.explained = explained
        }

        var unexplained: UInt64 { accounted > explained ? accounted - explained : 0 }
    }

    /// A direction's bytes, by the process's phase.
    public struct Direction: Equatable, Sendable {
        public var warmup = Balance()
        public var steady = Balance()
        /// What was begun outside of the steady phase and may be accounted later: by io_uring and libaio, or by calls during which
        /// the phase changed.
        public var deferred: UInt64 = 0
        /// What calls of the steady phase moved that did not reach the interposer, on any descriptor; null if it is not known.
        public var uncalled: UInt64? = 0

        public init() {}
    }

    public var read = Direction()
    public var written = Direction()
    /// By which it may transfer without a call for each, at its steady point.
    public enum Rings: Sendable {
        case none
        /// Of libaio and liburing only, whose submissions the interposer sees.
        case known
        /// Others, too; or /proc could not be read.
        case unknown
    }

    /// What a process did while it had an O_DIRECT file and before its first transfer that was seen.
    public struct Unseen: Equatable, Sendable {
        public var accounted: UInt64 = 0
        /// Moved by calls that did not reach the interposer.
        public var uncalled: UInt64 = 0

        public init(accounted: UInt64 = 0, uncalled: UInt64 = 0) {
            self.accounted = accounted
            self.uncalled = uncalled
        }
    }

    public var readUnseen = Unseen()
    public var writtenUnseen = Unseen()
    /// It did not end by exit in that time, or /proc/PID/io could not be read.
    public var isUnseenUnknown = false
    public var rings = Rings.unknown
    /// getrusage(2) failed.
    public var wasRefused = false
    /// It ended, and its accounting was not read before.
    public var isCutShort = false

    public init() {}
}
