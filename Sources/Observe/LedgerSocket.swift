import CLinuxHost
import Capture
import LinuxSystem

/// Answers processes that ask for the ledger. Any user's may connect (unix(7) knows no permissions for such a name), as often as it
/// likes: after strangers came it rests for fifty times as long as they took, so that they take 2 % of our time at the most.
struct LedgerSocket {
    private let listener: FileDescriptor
    private let ledger: FileDescriptor
    private var restsUntil: UInt64 = 0

    /// Nil if there is no socket.
    init?(_ session: borrowing Session) {
        guard let socket = session.ledgerSocket else { return nil }
        listener = socket
        ledger = session.fd
    }

    /// What becomes readable when a process has connected.
    func descriptors(at now: UInt64) -> [Int32] { now < restsUntil ? [] : [listener.rawValue] }

    /// When its rest ends; nil if it does not rest.
    func rest(at now: UInt64) -> UInt64? { now < restsUntil ? restsUntil : nil }

    mutating func answer() {
        let began = monotonicNanoseconds()
        guard began >= restsUntil, cl_answer_ledger_socket(listener.rawValue, ledger.rawValue) else { return }
        let now = monotonicNanoseconds()
        restsUntil = now + 50 * (now - began)
    }
}
