/// One fact about what the machine and the user allow dioaudit, which `dioaudit doctor` reports.
public struct Finding: Equatable, Sendable, Encodable {
    public enum State: String, CaseIterable, Sendable, Encodable {
        case ok
        /// It works in part, or up to a figure.
        case limited
        case missing
    }

    public let name: String
    public let state: State
    /// What was tried or read, with its figures.
    public let found: String
    /// The parts of dioaudit that need it.
    public let usedFor: String
    /// Changes that would allow more, each enough by itself; none if it is ok.
    public let remedies: [String]

    public static func ok(_ name: String, _ found: String, for usedFor: String) -> Finding {
        Finding(name: name, state: .ok, found: found, usedFor: usedFor, remedies: [])
    }

    public static func limited(
        _ name: String, _ found: String, for usedFor: String, remedies: [String]
    ) -> Finding {
        Finding(name: name, state: .limited, found: found, usedFor: usedFor, remedies: remedies)
    }

    public static func missing(
        _ name: String, _ found: String, for usedFor: String, remedies: [String]
    ) -> Finding {
        Finding(name: name, state: .missing, found: found, usedFor: usedFor, remedies: remedies)
    }

    private init(name: String, state: State, found: String, usedFor: String, remedies: [String]) {
        self.name = name
        self.state = state
        self.found = found
        self.usedFor = usedFor
        self.remedies = remedies
    }
}
