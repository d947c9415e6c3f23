import AuditCore

/// Profiles for speedscope (its file format, JSON): of each audit one of calls, and one of bytes if any were asked for. An audit without
/// violations has an empty one, whose name holds its verdict.
public func speedscope(_ reports: [NamedReport]) -> some Encodable {
    var frames = Frames()
    let sections = reports.sections
    let gaps = sections.flatMap(\.gaps).map { gap in
        Profile(name: "\(gap.name): \(gap.verdict.rawValue): \(gap.text)", unit: "none", samples: [], weights: [])
    }
    let profiles = sections.flatMap(\.audits).flatMap { name, audit -> [Profile] in
        let title = "\(name): \(audit.verdict.rawValue)"
        guard !audit.violations.isEmpty else {
            return [Profile(name: "\(name): \(audit.verdictAndOutcome)", unit: "none", samples: [], weights: [])]
        }
        let samples = audit.violations.map { frames.indices(of: $0) }
        let bytes = audit.violations.map(\.bytes)
        let calls = Profile(
            name: "\(title): calls", unit: "none", samples: samples, weights: audit.violations.map(\.calls))
        guard bytes.contains(where: { $0 > 0 }) else { return [calls] }
        return [calls, Profile(name: "\(title): bytes", unit: "bytes", samples: samples, weights: bytes)]
    }
    return File(
        name: "dioaudit: \(Verdict.overall(reports.map(\.report.verdict)).rawValue)",
        exporter: "dioaudit \(Report.Tool.current.version)", shared: Shared(frames: frames.all),
        profiles: gaps + profiles)
}

private struct File: Encodable {
    let schema = "https://www.speedscope.app/file-format-schema.json"
    let name: String
    let exporter: String
    let activeProfileIndex = 0
    let shared: Shared
    let profiles: [Profile]

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case name, exporter, activeProfileIndex, shared, profiles
    }
}

private struct Shared: Encodable {
    let frames: [ShownFrame]
}

private struct ShownFrame: Encodable, Hashable {
    let name: String
    var file: String?
    var line: Int?
}

private struct Profile: Encodable {
    let type = "sampled"
    let name: String
    let unit: String
    let startValue = 0
    let endValue: UInt64
    /// Indices of frames, the outermost first.
    let samples: [[Int]]
    let weights: [UInt64]

    init(name: String, unit: String, samples: [[Int]], weights: [UInt64]) {
        self.name = name
        self.unit = unit
        self.samples = samples
        self.weights = weights
        endValue = weights.reduce(into: EventCount()) { $0 += EventCount(bytes: $1) }.bytes
    }
}

/// Each frame once.
private struct Frames {
    private(set) var all: [ShownFrame] = []
    private var known: [ShownFrame: Int] = [:]
    private var knownFrames: [ObjectIdentifier: Int] = [:]

    mutating func indices(of violation: Violation) -> [Int] {
        var indices = violation.outerFrames.map { index(of: ShownFrame(name: $0)) }
        for frame in violation.stack.reversed() { indices.append(index(of: frame)) }
        indices.append(index(of: ShownFrame(name: violation.kind.rawValue)))
        return indices
    }

    private mutating func index(of frame: Frame) -> Int {
        if let index = knownFrames[frame.identity] { return index }
        let index = index(of: ShownFrame(name: frame.name, file: frame.file, line: frame.line))
        knownFrames[frame.identity] = index
        return index
    }

    private mutating func index(of frame: ShownFrame) -> Int {
        if let index = known[frame] { return index }
        known[frame] = all.count
        all.append(frame)
        return all.count - 1
    }
}
