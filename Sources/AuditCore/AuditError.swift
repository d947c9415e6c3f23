/// Why dioaudit itself cannot continue: what happened, where, and the remedy.
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
        "dioaudit: error: \(printable(place)): \(printable(what))\n  \(printable(remedy))"
    }
}
