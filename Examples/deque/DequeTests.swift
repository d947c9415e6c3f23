import DequeModule
import DioauditTesting
import Testing

/// swift-collections' Deque as the queue of a hot path. What is named `…Allocates` fails, and shows where.
@Suite struct DequeTests {
    var queue: Deque<Int>

    init() {
        queue = Deque(minimumCapacity: 16)
        queue.append(contentsOf: 0..<8)
    }

    @Test mutating func passesOn() {
        expectNoAllocations {
            for number in 0..<64 {
                queue.append(number)
                _ = queue.popFirst()
            }
        }
    }

    @Test mutating func isEmptiedInPlace() {
        expectNoAllocations {
            queue.removeAll(keepingCapacity: true)
            queue.append(1)
        }
    }

    /// It gives its room back, and takes it anew.
    @Test mutating func isEmptiedAllocates() {
        expectNoAllocations {
            queue.removeAll()
            queue.append(1)
        }
    }

    /// Copies share their elements until one is changed: then all are copied, each time.
    @Test mutating func changeBesideASnapshotAllocates() {
        expectNoAllocations {
            let snapshot = queue
            queue.append(1)
            _ = queue.popFirst()
            withExtendedLifetime(snapshot) {}
        }
    }
}
