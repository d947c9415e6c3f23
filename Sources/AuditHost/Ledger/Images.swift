import AuditCore
import LedgerABI

/// Matches the programs that were announced with those that reported, by process: a program that was not announced does not
/// make up for another that never reported.
struct Images {
    /// The subject's first process.
    let first: Int32
    var announced: [dioaudit_image] = []
    /// By the process that attached.
    var arrived: [(pid: Int32, parent: Int32)] = []
    /// When each attached.
    var attached: [(pid: Int32, nanoseconds: UInt64)] = []

    init(of pid: Int32) {
        first = pid
    }

    /// The number of programs that were announced and never reported.
    var unseen: UInt32 {
        var parents = Dictionary(grouping: arrived, by: \.pid).mapValues { $0.map(\.parent) }
        _ = parents[first]?.popLast()  // that it is missing is another reason
        // Those whose process is known come first, so that the others cannot take what is theirs.
        let missing = announced.count { $0.pid > 0 && parents[$0.pid]?.popLast() == nil }
        var children = parents.values.joined().reduce(into: [Int32: Int]()) { $0[$1, default: 0] += 1 }
        let lost = announced.count { image in
            guard image.pid == 0 else { return false }
            children[image.parent_pid, default: 0] -= 1
            return children[image.parent_pid]! < 0
        }
        return UInt32(clamping: missing + lost)
    }

    /// The programs whose exec the kernel saw and that did not attach between it and the next exec of their process.
    func unseen(among execs: [ExecRecord]) -> [UnseenProgram] {
        let attached = Dictionary(grouping: self.attached, by: \.pid).mapValues { $0.map(\.nanoseconds) }
        var next: [Int32: UInt64] = [:]
        var unseen: [UnseenProgram] = []
        for exec in execs.reversed() {
            let incarnation = exec.nanoseconds..<(next.updateValue(exec.nanoseconds, forKey: exec.pid) ?? .max)
            guard !(attached[exec.pid] ?? []).contains(where: incarnation.contains) else { continue }
            unseen.append(
                UnseenProgram(
                    pid: exec.pid, path: exec.path,
                    why: Executable(exec.path).whyNotPreloaded
                        ?? "had no LD_PRELOAD in its environment, or could not reach the ledger"))
        }
        return unseen.reversed()
    }
}
