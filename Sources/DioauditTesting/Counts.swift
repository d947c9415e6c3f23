/// Why nothing was counted.
public struct NotObserved: Error, CustomStringConvertible {
    public let description: String
}

/// The calls of a body's own thread, by kind: for what is not simply none. Page faults are not among them.
///
/// - Throws: `NotObserved`, or what the body throws.
public func countAllocations(in body: () throws -> Void) throws -> [AllocationKind: Int] {
    try uncounted {
        if let obstacle = Recording.obstacle { throw NotObserved(description: obstacle) }
        let recording = Recording()
        try recording.count(body)
        if let unseen = recording.unseen { throw NotObserved(description: unseen.what) }
        let counts = recording.counts
        let made = AllocationKind.allCases.map { ($0, Int(counts[$0.kind].calls)) }.filter { $0.1 > 0 }
        return Dictionary(uniqueKeysWithValues: made)
    }
}
