public enum Verdict: String, Codable, Sendable {
    case pass
    /// A violation was observed.
    case fail
    /// Not enough was observed to call it a pass.
    case inconclusive

    /// Of several: one failure fails all; a pass needs every one of them, and at least one.
    public static func overall(_ verdicts: some Collection<Verdict>) -> Verdict {
        if verdicts.contains(.fail) { return .fail }
        return verdicts.isEmpty || verdicts.contains(.inconclusive) ? .inconclusive : .pass
    }
}
