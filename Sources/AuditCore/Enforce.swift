/// What is done at a violation: what `--enforce` takes.
public enum Enforce: String, CaseIterable, Sendable, Encodable {
    case report
    /// Stop the subject at the first one.
    case abort
    /// Let the allocation fail with ENOMEM.
    case deny
}
