/// When a thread made no judged call, by CLOCK_MONOTONIC, in the setup of its process after that had an O_DIRECT file.
public struct QuietTimes: Equatable, Sendable {
    /// The last such call; 0 if there was none.
    public let last: UInt64
    /// The longest time without one before that.
    public let longest: Range<UInt64>

    public init(last: UInt64 = 0, longest: Range<UInt64> = 0..<0) {
        self.last = last
        self.longest = longest
    }

    /// Whether it was quiet throughout.
    ///
    /// - Parameter timed: when this was noted of its process.
    func holds(_ times: Range<UInt64>, while timed: Range<UInt64>) -> Bool {
        timed.holds(times) && (last <= times.lowerBound || longest.holds(times))
    }

    /// Of a thread that has several rows: when all of them were quiet.
    package func with(_ other: QuietTimes) -> QuietTimes {
        if last == 0 { return other }
        if other.last == 0 { return self }
        return QuietTimes(last: max(last, other.last), longest: longest.clamped(to: other.longest))
    }
}

extension Range<UInt64> {
    func holds(_ other: Self) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
