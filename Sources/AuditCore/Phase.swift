/// A phase of the subject. The raw values are the report's names.
public enum Phase: String, CaseIterable, Codable, Sendable {
    /// From the start to the first transfer.
    case setup
    /// From the first transfer until every O_DIRECT file has done its warm-up transfers.
    case warmup
    /// The phase that is judged: nothing may be allocated here.
    case steady
    /// After the last O_DIRECT file is closed, or once exit has begun.
    case teardown
}
