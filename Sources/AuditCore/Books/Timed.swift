/// A record with its time.
@usableFromInline package protocol Timed {
    /// CLOCK_MONOTONIC.
    var nanoseconds: UInt64 { get }
}

extension Array where Element: Timed {
    /// Takes the records from before a time, and sorts them: those of several CPUs' rings are not in the order of time.
    ///
    /// Inlinable, since each comparison of what is not specialised for its records is a call: half of the time of a record.
    @inlinable package mutating func take(before nanoseconds: UInt64) -> [Element] {
        sort { $0.nanoseconds < $1.nanoseconds }
        let count = firstIndex { $0.nanoseconds >= nanoseconds } ?? count
        defer { removeFirst(count) }
        return Array(prefix(count))
    }
}
