import AuditCore

/// SARIF 2.1.0 (JSON): a rule for each kind, a result for each place and kind with its stacks, and an invocation for each audit, whose
/// notifications hold the verdict and the reasons. What is inconclusive is a result too, since some viewers show results only.
///
/// Of several reports each is a run.
public func sarif(_ reports: [NamedReport], _ style: Style) -> some Encodable {
    SARIFLog(runs: reports.sections.map { SARIFRun($0, style) })
}

struct SARIFLog: Encodable {
    let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    let version = "2.1.0"
    let runs: [SARIFRun]

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }
}

struct SARIFRun: Encodable {
    let tool: SARIFTool
    let invocations: [SARIFInvocation]
    let originalUriBaseIds: [String: SARIFArtifact]?
    /// By which services tell the runs of one file apart.
    let automationDetails: Details?
    let results: SARIFResults
    let properties: [String: String]

    struct Details: Encodable {
        let id: String
    }

    init(_ section: Section, _ style: Style) {
        let report = section.report
        tool = SARIFTool(report)
        invocations = section.audits.map { SARIFInvocation($0, $1) }
        automationDetails = section.name.map { Details(id: "dioaudit/\($0)/") }
        originalUriBaseIds = style.directory.map { [SARIFArtifact.base: SARIFArtifact(uri: fileURI($0))] }
        results = SARIFResults(section: section, style: style)
        properties = Dictionary(
            uniqueKeysWithValues: section.facts.map { ($0.name, $0.value) } + [("verdict", report.verdict.rawValue)])
    }
}

// MARK: the tool

struct SARIFTool: Encodable {
    let driver: Driver

    struct Driver: Encodable {
        let name = "dioaudit"
        let version: String
        let rules: [SARIFRule]
        let notifications: [SARIFRule]
    }

    init(_ report: Report) {
        driver = Driver(version: report.tool.version, rules: SARIFRule.all, notifications: SARIFRule.notifications)
    }
}

struct SARIFRule: Encodable {
    let id: String
    let shortDescription: SARIFText
    let fullDescription: SARIFText
    let help: SARIFText
    let defaultConfiguration = Configuration()

    struct Configuration: Encodable {
        let level = "error"
    }

    init(_ id: String, _ short: String, _ full: String, _ help: String) {
        self.id = id
        shortDescription = SARIFText(text: short)
        fullDescription = SARIFText(text: full)
        self.help = SARIFText(text: help)
    }

    static let failed = "failed"
    static let inconclusive = "inconclusive"
    static let verdict = "verdict"
    static let note = "note"

    /// Of every kind, whether it happened or not: a rule's index is the same in each report.
    static let all =
        EventKind.allCases.map { kind in
            SARIFRule(kind.rawValue, "\(kind.noun) in the steady phase", kind.risk, kind.remedy)
        } + [
            SARIFRule(
                failed, "the audit failed", "The audit failed for another reason than an event.",
                "The message says what to do."),
            SARIFRule(
                inconclusive, "not enough was observed for a pass",
                "Something was not observed, so that it is not known whether the program allocates. That is no pass.",
                "The message says what was not observed. `dioaudit doctor` says what this machine lets it see, and what would let "
                    + "it see more."),
        ]

    static let notifications = [
        SARIFRule(verdict, "the audit's verdict", "The verdict on one audit, a pass too.", "The results say more."),
        SARIFRule(
            inconclusive, "a reason against a pass", "A reason against a pass beside the violations.",
            "See the message."),
        SARIFRule(
            note, "what is to be known of the audit", "What is to be known of the audit beside its verdict.",
            "See the message."),
    ]
}

/// A message. Braces hold placeholders and brackets before parentheses links, unless they are doubled or escaped.
struct SARIFText: Encodable, Hashable {
    let text: String

    static func literal(_ text: String) -> SARIFText {
        SARIFText(
            text: text.replacing("{", with: "{{").replacing("}", with: "}}").replacing("](", with: "\\]("))
    }
}

// MARK: invocations

struct SARIFInvocation: Encodable {
    let executionSuccessful: Bool
    let exitCode: Int32
    let toolExecutionNotifications: [Notification]
    let properties: Properties

    struct Notification: Encodable {
        let descriptor: Descriptor
        let level: String
        let message: SARIFText
    }

    struct Descriptor: Encodable {
        let id: String
    }

    struct Properties: Encodable {
        let audit: String
        let verdict: Verdict
        let steadyTransfers: UInt64
        let settledAfter: UInt64?
        let command: [String]
    }

    init(_ name: String, _ audit: Audit) {
        executionSuccessful = audit.verdict != .inconclusive && !audit.subjectFailed
        exitCode = ExitStatus.first(of: audit.statuses).rawValue
        let verdict = Notification(
            descriptor: Descriptor(id: SARIFRule.verdict), level: audit.verdict == .pass ? "note" : "error",
            message: .literal("\(name): \(audit.verdictAndOutcome)"))
        toolExecutionNotifications =
            [verdict]
            + audit.otherReasons.map {
                Notification(
                    descriptor: Descriptor(id: SARIFRule.inconclusive), level: "error",
                    message: .literal("\(name): \($0)"))
            }
            + audit.notes.map {
                Notification(
                    descriptor: Descriptor(id: SARIFRule.note), level: "note", message: .literal("\(name): \($0)"))
            }
        properties = Properties(
            audit: name, verdict: audit.verdict, steadyTransfers: audit.phases[.steady].transfers,
            settledAfter: audit.settledAfter, command: audit.subject.command)
    }
}

// MARK: results

/// Made one after the other while they are written, since there may be many.
struct SARIFResults: Encodable {
    let section: Section
    let style: Style

    /// GitHub refuses a run with more. Each audit's invocation has the number of its places.
    static let most = 25_000
    /// Stacks take most of the room.
    static let mostWithStacks = 1000

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for gap in section.gaps { try container.encode(SARIFResult(gap)) }
        for (index, audit) in section.report.audits.enumerated() {
            let groups = [audit.groups] + audit.acceptedGroups
            let shown = zip(groups.joined(), fingerprints(of: groups, in: audit, section.name)).prefix(
                Self.most - container.count)
            for (group, fingerprint) in shown {
                let hasStacks = container.count < Self.mostWithStacks
                try container.encode(
                    SARIFResult(group, fingerprint, of: audit, index, style, hasStacks: hasStacks))
            }
            // A failure without a violation has reasons, and so has all that is inconclusive.
            guard audit.verdict != .pass, audit.violations.isEmpty else { continue }
            for reason in audit.reasonsInWords { try container.encode(SARIFResult(reason, of: audit, index, style)) }
        }
    }
}

struct SARIFResult: Encodable {
    let ruleId: String
    let ruleIndex: Int
    let level = "error"
    let message: SARIFText
    let locations: [SARIFLocation]
    let partialFingerprints: [String: String]
    let provenance: Provenance?
    var occurrenceCount: UInt64?
    var stacks: [Stack]?
    var suppressions: [Suppression]?

    struct Provenance: Encodable {
        let invocationIndex: Int
    }

    struct Stack: Encodable, Hashable {
        let message: SARIFText
        let frames: [SARIFFrame]

        init(_ violation: Violation, _ style: Style) {
            message = .literal(violation.thread.map { "thread '\(printable($0))'" } ?? "other threads")
            frames = violation.stack.map { SARIFFrame($0, style) }
        }
    }

    struct Suppression: Encodable {
        let kind = "external"
        let status = "accepted"
        let justification: String
    }

    init(_ group: ViolationGroup, _ fingerprint: String, of audit: Audit, _ index: Int, _ style: Style, hasStacks: Bool)
    {
        ruleId = group.kind.rawValue
        ruleIndex = EventKind.allCases.firstIndex(of: group.kind)!
        message = .literal("\(printable(group.function)): \(group.text).")
        locations = [
            SARIFLocation(style.source(of: group), function: group.place.frame?.function)
                ?? SARIFLocation(program: group.place.frame?.module, audit, function: group.function)
        ]
        // GitHub knows an alert by the first of these alone.
        partialFingerprints = ["primaryLocationLineHash": "\(fingerprint):1", "dioauditPlace/v1": fingerprint]
        provenance = Provenance(invocationIndex: index)
        // SARIF's integers are of 32 bits in some readers, and -1 is theirs.
        occurrenceCount = min(group.calls, UInt64(Int32.max))
        if hasStacks {
            // Of two that differ in addresses alone one is enough, and SARIF refuses the other.
            let known = group.violations.lazy.filter { !$0.stack.isEmpty }.prefix(Self.mostStacks)
            let distinct = known.map { Stack($0, style) }.unique
            stacks = distinct.isEmpty ? nil : distinct
        }
        suppressions = group.acceptedBy.map { [Suppression(justification: printable($0))] }
    }

    private static let mostStacks = 5

    /// A reason of an audit that has no violations.
    init(_ reason: String, of audit: Audit, _ index: Int, _ style: Style) {
        ruleId = audit.verdict == .fail ? SARIFRule.failed : SARIFRule.inconclusive
        ruleIndex = EventKind.allCases.count + (audit.verdict == .fail ? 0 : 1)
        message = .literal("\(printable(audit.name)): \(printable(reason))")
        locations = [SARIFLocation(program: nil, audit, function: nil)]
        let fingerprint = fingerprint([audit.name, ruleId, reason])
        partialFingerprints = ["primaryLocationLineHash": "\(fingerprint):1", "dioauditPlace/v1": fingerprint]
        provenance = Provenance(invocationIndex: index)
    }

    init(_ gap: Gap) {
        ruleId = gap.verdict == .fail ? SARIFRule.failed : SARIFRule.inconclusive
        ruleIndex = EventKind.allCases.count + (gap.verdict == .fail ? 0 : 1)
        message = .literal("\(gap.name): \(gap.text)")
        locations = [SARIFLocation(path: "dioaudit", function: nil)]
        let fingerprint = fingerprint([gap.name, ruleId, gap.text])
        partialFingerprints = ["primaryLocationLineHash": "\(fingerprint):1", "dioauditPlace/v1": fingerprint]
        provenance = nil
    }
}

struct SARIFFrame: Encodable, Hashable {
    let location: SARIFLocation
    let module: String?

    init(_ frame: Frame, _ style: Style) {
        location = SARIFLocation(style.source(frame), function: frame.name) ?? SARIFLocation(function: frame.name)
        module = frame.module
    }
}

struct SARIFLocation: Encodable, Hashable {
    let physicalLocation: Physical?
    let logicalLocations: [Logical]?

    struct Physical: Encodable, Hashable {
        let artifactLocation: SARIFArtifact
        let region: Region?
    }

    struct Region: Encodable, Hashable {
        let startLine: Int
    }

    struct Logical: Encodable, Hashable {
        let fullyQualifiedName: String
        let kind = "function"
    }

    init?(_ source: SourceLine?, function: String?) {
        guard let source else { return nil }
        physicalLocation = Physical(
            artifactLocation: SARIFArtifact(source), region: source.line.map(Region.init(startLine:)))
        logicalLocations = function.map { [Logical(fullyQualifiedName: $0)] }
    }

    init(function: String) {
        physicalLocation = nil
        logicalLocations = [Logical(fullyQualifiedName: function)]
    }

    /// Services require a file: where there is no line of code it is the program's own.
    init(program: String?, _ audit: Audit, function: String?) {
        self.init(path: program ?? audit.subject.command.first ?? audit.name, function: function)
    }

    init(path: String, function: String?) {
        physicalLocation = Physical(artifactLocation: SARIFArtifact(uri: fileURI(path)), region: nil)
        logicalLocations = function.map { [Logical(fullyQualifiedName: $0)] }
    }
}

struct SARIFArtifact: Encodable, Hashable {
    let uri: String
    let uriBaseId: String?

    /// The reader's directory.
    static let base = "SRCROOT"

    init(uri: String) {
        self.uri = uri
        uriBaseId = nil
    }

    init(_ source: SourceLine) {
        uri = fileURI(source.path)
        uriBaseId = source.isBelow ? Self.base : nil
    }
}

/// A path as a URI: absolute, or relative to something else.
func fileURI(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var uri = path.hasPrefix("/") ? "file://" : ""
    for byte in path.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "~"), UInt8(ascii: "+"):
            uri.unicodeScalars.append(Unicode.Scalar(byte))
        default: uri += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
    return uri
}
