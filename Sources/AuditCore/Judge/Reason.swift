/// Why an audit is no pass: what happened, in which process, file or thread, and what the reader can do about it.
public struct Reason: Equatable, Sendable {
    public let what: String
    let remedy: Remedy

    public init(_ what: String, _ remedy: Remedy) {
        self.what = what
        self.remedy = remedy
    }
}

extension [Reason] {
    /// As the report has them: what to do about several is said once, with the first.
    var remedies: [String?] {
        var said: Set<Remedy> = []
        return map { said.insert($0.remedy).inserted ? $0.remedy.text : nil }
    }
}

extension Witness {
    /// What it did not see, as a reason against a pass; null if it saw all.
    ///
    /// - Parameter introduction: what it is said of.
    func reason(_ introduction: String = "") -> Reason? {
        reason.map { Reason(introduction + $0, remedies?.first.map(Remedy.init) ?? .witness($0)) }
    }
}
