/// The action at a violation: the values of `--enforce`.
public enum Enforce: String, CaseIterable, Sendable, Codable {
    case report
    /// Stop the subject at the first one.
    case abort
    /// Let the allocation fail with ENOMEM.
    case deny
}
