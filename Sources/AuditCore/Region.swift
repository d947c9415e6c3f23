/// The events in a region that the program named (dioaudit.h), summed over its threads.
public struct RegionLedger: Equatable, Sendable, Codable {
    /// Or the reason for which it is allowed.
    public let name: String
    /// Its events in the steady phase are no violations.
    public let allowed: Bool
    /// How often it was begun.
    public var entered: UInt64
    /// How often it was ended: fewer times, if the program jumped out of it, forgot it, or died in it.
    public var left: UInt64
    /// In all phases.
    public var events = EventCounts()
    public var steadyEvents = EventCounts()

    public init(name: String, allowed: Bool, entered: UInt64, left: UInt64) {
        self.name = name
        self.allowed = allowed
        self.entered = entered
        self.left = left
    }

    public func isSame(as other: Self) -> Bool {
        name == other.name && allowed == other.allowed
    }

    public static func += (left: inout Self, right: Self) {
        left.entered += right.entered
        left.left += right.left
        left.events += right.events
        left.steadyEvents += right.steadyEvents
    }
}
