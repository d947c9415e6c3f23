/// Accepted violations: those of some kinds whose stack matches a pattern.
public struct Suppression: Equatable, Sendable {
    enum FramePattern: Equatable, Sendable {
        case function(Glob)
        case source(Glob, line: Int?)
        case module(Glob)

        func matches(_ frame: Frame) -> Bool {
            switch self {
            case .function(let name): name.matches(frame.function)
            case .source(let path, let line): path.matchesEnd(ofPath: frame.file) && (line ?? frame.line) == frame.line
            case .module(let path): path.matches(frame.module)
            }
        }
    }

    public let name: String
    /// Its place: the file, as its path was given, and the line of its `{`.
    public let file: String
    public let line: Int
    let kinds: Set<EventKind>
    /// As they are written.
    let frames: [String]
    private let stack: Pattern<FramePattern>

    /// - Parameter frames: from the innermost frame on, each with its text. What lies outside of the last one may be anything.
    init(
        name: String, file: String, line: Int, kinds: Set<EventKind>,
        frames: [(text: String, place: Pattern<FramePattern>.Place)]
    ) {
        self.name = name
        self.file = file
        self.line = line
        self.kinds = kinds
        self.frames = frames.map(\.text)
        stack = Pattern(places: frames.map(\.place) + [.run])
    }

    func matches(_ violation: Violation) -> Bool {
        kinds.contains(violation.kind) && stack.matches(violation.stack) { $0.matches($1) }
    }
}

/// A suppression and the violations that it took out of the verdict: none if it is stale.
public struct SuppressionUse: Equatable, Sendable, Encodable {
    /// The suppression's.
    public let name: String
    public let file: String
    public let line: Int
    /// What it matches, its frames as they are written; nil of one that was stored by a version before these keys.
    let kinds: [EventKind]?
    let frames: [String]?
    public internal(set) var violations: [Violation] = []

    public var calls: UInt64 { violations.reduce(0) { $0 + $1.calls } }
    public var isStale: Bool { violations.isEmpty }

    init(name: String, file: String, line: Int, kinds: [EventKind]?, frames: [String]?) {
        self.name = name
        self.file = file
        self.line = line
        self.kinds = kinds
        self.frames = frames
    }

    init(_ suppression: Suppression) {
        self.init(
            name: suppression.name, file: suppression.file, line: suppression.line,
            kinds: EventKind.allCases.filter(suppression.kinds.contains), frames: suppression.frames)
    }

    private enum CodingKeys: String, CodingKey {
        case name, file, line, kinds, frames, violations, calls
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(file, forKey: .file)
        try container.encode(line, forKey: .line)
        try container.encode(kinds, forKey: .kinds)
        try container.encode(frames, forKey: .frames)
        try container.encode(violations.count, forKey: .violations)
        try container.encode(calls, forKey: .calls)
    }
}

/// A violation that does not count. Encoded with all of the violation's keys, and the suppression's name.
public struct SuppressedViolation: Equatable, Sendable, Codable {
    public let violation: Violation
    public let suppression: String

    private enum CodingKeys: String, CodingKey {
        case suppression
    }

    init(_ violation: Violation, by suppression: String) {
        self.violation = violation
        self.suppression = suppression
    }

    public init(from decoder: any Decoder) throws {
        violation = try Violation(from: decoder)
        suppression = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .suppression)
    }

    public func encode(to encoder: any Encoder) throws {
        try violation.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(suppression, forKey: .suppression)
    }
}

extension [Violation] {
    /// Those that no suppression matches, and what each suppression does match: the first that fits takes a violation.
    func suppressed(by suppressions: [Suppression]) -> (remaining: [Violation], uses: [SuppressionUse]) {
        var uses = suppressions.map(SuppressionUse.init)
        var remaining: [Violation] = []
        for violation in self {
            if let index = suppressions.firstIndex(where: { $0.matches(violation) }) {
                uses[index].violations.append(violation)
            } else {
                remaining.append(violation)
            }
        }
        return (remaining, uses)
    }
}
