import AuditCore
import LedgerABI

/// The programs that were started, against those that said hello. By identity: one that nobody had announced does not
/// stand for another that never came.
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

    /// How many were announced and never came.
    var unseen: UInt32 {
        var arrived = arrived
        func take(_ isIt: ((pid: Int32, parent: Int32)) -> Bool) -> Bool {
            guard let index = arrived.firstIndex(where: isIt) else { return false }
            arrived.remove(at: index)
            return true
        }
        _ = take { $0.pid == first }  // that it is missing is another reason
        // Those whose process is known come first, so that the others cannot take what is theirs.
        let missing =
            announced.filter { $0.pid > 0 }.filter { image in !take { $0.pid == image.pid } }.count
            + announced.filter { $0.pid == 0 }.filter { image in !take { $0.parent == image.parent_pid } }.count
        return UInt32(clamping: missing)
    }

    /// The programs that the kernel saw begin and the ledger did not: one has attached between its exec and the next.
    func unseen(among execs: [ExecRecord]) -> [UnseenProgram] {
        execs.indices.compactMap { index in
            let exec = execs[index]
            let next = execs[(index + 1)...].first { $0.pid == exec.pid }?.nanoseconds ?? .max
            let came = attached.contains {
                $0.pid == exec.pid && $0.nanoseconds >= exec.nanoseconds && $0.nanoseconds < next
            }
            return came
                ? nil
                : UnseenProgram(
                    pid: exec.pid, path: exec.path,
                    why: Executable(exec.path).whyNotPreloaded
                        ?? "had no LD_PRELOAD in its environment, or could not reach the ledger")
        }
    }
}
