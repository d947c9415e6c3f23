/// Who forked whom, and when each process became a program. Until then it may share its parent's memory.
///
/// By time, since the records of different rings are folded together: a child's transfer is read when its exec is known already.
package struct Ancestry {
    private struct Beginning {
        let nanoseconds: UInt64
        /// Nil for an exec.
        let parent: Int32?
    }

    private var beginnings: [Int32: [Beginning]] = [:]

    package init() {}

    /// - Parameter records: in the order of time.
    package mutating func note(_ records: [KernelRecord]) {
        for record in records {
            switch record.kind {
            case .forked: note(record, parent: Int32(truncatingIfNeeded: record.site))
            case .becameProgram: note(record, parent: nil)
            default: break
            }
        }
    }

    private mutating func note(_ record: KernelRecord, parent: Int32?) {
        beginnings[record.pid, default: []].append(Beginning(nanoseconds: record.nanoseconds, parent: parent))
    }

    /// The parent and the time of the fork; nil for a process that had called exec.
    func fork(of pid: Int32, at nanoseconds: UInt64) -> (parent: Int32, nanoseconds: UInt64)? {
        guard let all = beginnings[pid], let last = all.last(where: { $0.nanoseconds <= nanoseconds }),
            let parent = last.parent
        else { return nil }
        return (parent, last.nanoseconds)
    }

    /// When the process began anew, by an exec or as another with its number.
    func next(of pid: Int32, after nanoseconds: UInt64) -> UInt64 {
        beginnings[pid]?.first { $0.nanoseconds > nanoseconds }?.nanoseconds ?? .max
    }
}
