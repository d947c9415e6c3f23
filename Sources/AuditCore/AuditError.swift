/// Why dioaudit itself cannot go on: what happened, where, and what to do about it.
public struct AuditError: Error, Equatable, CustomStringConvertible {
    public let what: String
    /// A path, an option or a name.
    public let place: String
    public let remedy: String
    public let exit: ExitStatus

    public init(_ what: String, at place: String, remedy: String, exit: ExitStatus) {
        self.what = what
        self.place = place
        self.remedy = remedy
        self.exit = exit
    }

    public var description: String {
        "dioaudit: error: \(place): \(what)\n  \(remedy)"
    }
}
