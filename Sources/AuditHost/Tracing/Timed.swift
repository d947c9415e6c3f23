/// What a witness saw at a moment.
protocol Timed {
    /// CLOCK_MONOTONIC.
    var nanoseconds: UInt64 { get }
}

extension Array where Element: Timed {
    /// Hands over what is from before a moment, in the order of time: several CPUs' rings are not in it.
    mutating func take(before nanoseconds: UInt64) -> [Element] {
        sort { $0.nanoseconds < $1.nanoseconds }
        let count = firstIndex { $0.nanoseconds >= nanoseconds } ?? count
        defer { removeFirst(count) }
        return Array(prefix(count))
    }
}
