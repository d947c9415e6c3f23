import CLinuxHost
import Capture
import LedgerABI
import LinuxSystem

/// Answers processes that ask for the ledger, or by which numbers they are known here. Any user's may ask (unix(7) knows no
/// permissions for such a name), as often as it likes: after strangers came it rests for fifty times as long as they took, so that
/// they take 2 % of our time at the most.
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

    /// What becomes readable when a process has asked.
    func descriptors(at now: UInt64) -> [Int32] { now < restsUntil ? [] : [listener.rawValue] }

    /// When its rest ends; nil if it does not rest.
    func rest(at now: UInt64) -> UInt64? { now < restsUntil ? restsUntil : nil }

    mutating func answer() {
        let began = monotonicNanoseconds()
        guard began >= restsUntil else { return }
        var question = cl_question()
        var strangers = false
        // No more than can have waited: they may come for ever.
        for _ in 0..<64 {
            guard cl_next_question(listener.rawValue, &question) else { break }
            strangers = strangers || question.pid == 0
            answer(question)
        }
        let now = monotonicNanoseconds()
        if strangers { restsUntil = now + 50 * (now - began) }
    }

    private func answer(_ question: cl_question) {
        var answer = dioaudit_answer()
        guard question.pid != 0, let asked = dioaudit_question(question) else {
            return cl_answer_question([question], &answer, 0, -1)
        }
        if let numbers = NamespaceNumbers(of: question.pid, thread: asked.tid) {
            answer = dioaudit_answer(pid: question.pid, parent_pid: numbers.parent, tid: numbers.thread ?? 0)
        }
        cl_answer_question(
            [question], &answer, MemoryLayout.size(ofValue: answer), asked.wants_ledger == 0 ? -1 : ledger.rawValue)
    }
}

extension dioaudit_question {
    fileprivate init?(_ question: cl_question) {
        guard question.length == MemoryLayout<Self>.size else { return nil }
        self = withUnsafeBytes(of: question.bytes) { $0.loadUnaligned(as: Self.self) }
    }
}
