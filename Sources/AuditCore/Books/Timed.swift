/// A record with its time.
package protocol Timed {
    /// CLOCK_MONOTONIC.
    var nanoseconds: UInt64 { get }
}

extension Array where Element: Timed {
    /// Takes the records from before a time, and sorts them: those of several CPUs' rings are not in the order of time.
    package mutating func take(before nanoseconds: UInt64) -> [Element] {
        sort { $0.nanoseconds < $1.nanoseconds }
        let count = firstIndex { $0.nanoseconds >= nanoseconds } ?? count
        defer { removeFirst(count) }
        return Array(prefix(count))
    }
}
