/// Page faults: minor ones found their page in memory, major ones waited for a disk.
public struct Faults: Equatable, Sendable {
    public var minor: UInt64
    public var major: UInt64

    public init(minor: UInt64 = 0, major: UInt64 = 0) {
        self.minor = minor
        self.major = major
    }

    public static func += (left: inout Self, right: Self) {
        left.minor += right.minor
        left.major += right.major
    }

    /// The difference of two readings, or the faults without some of them.
    public static func - (later: Self, earlier: Self) -> Self {
        Faults(
            minor: later.minor - min(earlier.minor, later.minor), major: later.major - min(earlier.major, later.major))
    }

    public subscript(kind: EventKind) -> UInt64 {
        switch kind {
        case .pageFaultMinor: minor
        case .pageFaultMajor: major
        default: 0
        }
    }
}
