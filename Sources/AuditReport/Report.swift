import AuditCore

/// A whole run of dioaudit: what every format is a view of. The encoded names are the contract's.
public struct Report: Sendable, Encodable {
    public struct Tool: Sendable, Encodable {
        public let version: String

        public static let current = Tool(version: "0.1.0")
    }

    /// Changes only with the meaning of a key that scripts rely on; new keys may come at any time.
    public let schema = "dioaudit/report/1"
    public let tool = Tool.current
    public let machine: Machine
    /// Where the audited files lie, if that is known.
    public let files: Storage?
    public let verdict: Verdict
    public let audits: [Audit]

    public init(machine: Machine, files: Storage? = nil, audits: [Audit]) {
        self.machine = machine
        self.files = files
        self.audits = audits
        verdict = Verdict.overall(audits.map(\.verdict))
    }

    public var exitStatus: ExitStatus {
        audits.isEmpty ? .inconclusive : ExitStatus.first(of: audits.flatMap(\.statuses))
    }
}
