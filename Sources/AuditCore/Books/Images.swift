/// Matches the programs that were announced with those that reported, by process: a program that was not announced does not
/// make up for another that never reported.
package struct Images {
    /// A program that a process of the subject started or executed.
    package struct Announced {
        /// The program's process; null if not known (system, popen).
        let pid: Int32?
        let parent: Int32

        /// The interposer's file could not be opened where it was started.
        let isWithoutLibrary: Bool

        package init(pid: Int32?, parent: Int32, isWithoutLibrary: Bool = false) {
            self.pid = pid
            self.parent = parent
            self.isWithoutLibrary = isWithoutLibrary
        }
    }

    /// The process that attached in a program image.
    package struct Attached {
        let pid: Int32
        let parent: Int32
        let nanoseconds: UInt64

        package init(pid: Int32, parent: Int32, at nanoseconds: UInt64) {
            self.pid = pid
            self.parent = parent
            self.nanoseconds = nanoseconds
        }
    }

    /// The subject's first process.
    private let first: Int32
    package var announced: [Announced] = []
    package var attached: [Attached] = []

    package init(of pid: Int32) {
        first = pid
    }

    package var withoutLibrary: UInt32 { UInt32(clamping: announced.count(where: \.isWithoutLibrary)) }

    /// The number of programs that were announced and never reported.
    package var unseen: UInt32 {
        var parents = Dictionary(grouping: attached, by: \.pid).mapValues { $0.map(\.parent) }
        _ = parents[first]?.popLast()  // that it is missing is another reason
        // Those whose process is known come first, so that the others cannot take what is theirs.
        let missing = announced.count { $0.pid != nil && parents[$0.pid!]?.popLast() == nil }
        var children = parents.values.joined().reduce(into: [Int32: Int]()) { $0[$1, default: 0] += 1 }
        let lost = announced.count { image in
            guard image.pid == nil else { return false }
            children[image.parent, default: 0] -= 1
            return children[image.parent]! < 0
        }
        return UInt32(clamping: missing + lost)
    }

    /// The execs that the kernel saw and whose program did not attach between it and the next exec of their process.
    ///
    /// - Parameter execs: in the order of time.
    package func unseen(among execs: [ExecRecord]) -> [ExecRecord] {
        let attached = Dictionary(grouping: self.attached, by: \.pid).mapValues { $0.map(\.nanoseconds) }
        var next: [Int32: UInt64] = [:]
        var unseen: [ExecRecord] = []
        for exec in execs.reversed() {
            let incarnation = exec.nanoseconds..<(next.updateValue(exec.nanoseconds, forKey: exec.pid) ?? .max)
            guard !(attached[exec.pid] ?? []).contains(where: incarnation.contains) else { continue }
            unseen.append(exec)
        }
        return unseen.reversed()
    }
}
