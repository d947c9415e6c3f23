import AuditCore

/// A whole run of dioaudit: what every format is a view of. The encoded names are the contract's.
public struct Report: Equatable, Sendable, Codable {
    public struct Tool: Equatable, Sendable, Codable {
        public let version: String

        public static let current = Tool(version: "0.1.0")
    }

    /// The command that made it, whose text is another for each.
    public enum Command: String, Sendable, Codable {
        case run, audit, attach
    }

    /// Changes only with the meaning of a key that scripts rely on; new keys may come at any time.
    public static let schema = "dioaudit/report/1"

    public let schema: String
    public let tool: Tool
    public let command: Command
    public let machine: Machine
    /// Where the audited files lie, if that is known.
    public let files: Storage?
    public let verdict: Verdict
    public let audits: [Audit]
    /// Audits of the baseline that were to be made again and were not. There are none without a baseline.
    public let lostAudits: [String]

    public init(
        _ command: Command = .run, machine: Machine, files: Storage? = nil, audits: [Audit], lostAudits: [String] = []
    ) {
        schema = Self.schema
        tool = .current
        self.command = command
        self.machine = machine
        self.files = files
        self.audits = audits
        self.lostAudits = lostAudits
        verdict = Self.verdict(of: audits, lostAudits)
    }

    /// Reads a stored report.
    ///
    /// - Throws: `OtherSchema`, or a DecodingError.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schema = try container.decode(String.self, forKey: .schema)
        guard schema == Self.schema else { throw OtherSchema(name: schema) }
        tool = try container.decode(Tool.self, forKey: .tool)
        command = try container.decode(Command.self, forKey: .command)
        machine = try container.decode(Machine.self, forKey: .machine)
        files = try container.decodeIfPresent(Storage.self, forKey: .files)
        verdict = try container.decode(Verdict.self, forKey: .verdict)
        audits = try container.decode([Audit].self, forKey: .audits)
        lostAudits = try container.decodeIfPresent([String].self, forKey: .lostAudits) ?? []
        if let found = lostAudits.first(where: { name in audits.contains { $0.name == name } }) {
            throw contradiction("it has the audit '\(found)', and says that it is lost", decoder)
        }
        guard verdict == Self.verdict(of: audits, lostAudits) else {
            throw contradiction("its verdict '\(verdict.rawValue)' is not that of its audits", decoder)
        }
    }

    private static func verdict(of audits: [Audit], _ lost: [String]) -> Verdict {
        lost.isEmpty ? Verdict.overall(audits.map(\.verdict)) : .fail
    }

    public var exitStatus: ExitStatus {
        let lost: [ExitStatus] = lostAudits.isEmpty ? [] : [.fail]
        return audits.isEmpty
            ? ExitStatus.first(of: lost + [.inconclusive]) : ExitStatus.first(of: audits.flatMap(\.statuses) + lost)
    }
}

/// A document of another schema than the one that is read.
struct OtherSchema: Error {
    let name: String
}

/// The text of a report, as the command that made it prints it.
public func text(_ report: Report, _ style: Style, quiet: Bool, verbose: Bool) -> String {
    switch report.command {
    case .run: runText(report, style, quiet: quiet, verbose: verbose)
    case .audit: auditText(report, style, quiet: quiet, verbose: verbose)
    case .attach: attachText(report, style, quiet: quiet, verbose: verbose)
    }
}
