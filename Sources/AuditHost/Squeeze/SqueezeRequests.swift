import AuditCore
import CLinuxHost
import LedgerABI

/// The subject's processes ask for the squeeze by a word in each one's record in the ledger.
struct SqueezeRequests: ~Copyable {
    struct Request {
        /// As the process itself sees it, which in a PID namespace is another than ours.
        let pid: Int32
        private let word: UnsafeMutablePointer<UInt32>

        init(pid: Int32, word: UnsafeMutablePointer<UInt32>) {
            self.pid = pid
            self.word = word
        }

        var state: dioaudit_squeeze { dioaudit_squeeze(cl_word(word)) }

        func answer(_ question: dioaudit_squeeze, _ answer: dioaudit_squeeze) {
            cl_change_word(word, question.rawValue, answer.rawValue)
        }
    }

    /// All of the ledger: what has not been claimed takes no memory.
    private let ledger: Mapping

    init(_ session: borrowing Session) throws(AuditError) {
        ledger = try Mapping(fd: session.fd, offset: 0, length: Int(dioaudit_ledger_bytes()), writable: true)
    }

    /// Of each process the last: an exec begins another.
    func all() -> [Request] {
        var requests: [Int32: Request] = [:]
        let session = ledger.start.assumingMemoryBound(to: dioaudit_session.self)
        for index in 0..<min(session.pointee.arenas_claimed, UInt32(DIOAUDIT_ARENAS)) {
            let start = ledger.start + Int(dioaudit_arena_offset(index))
            guard dioaudit_arena_header(at: start).isValid else { continue }
            let arena = OpaquePointer(start)
            for place in 0..<UInt32(DIOAUDIT_PROCESSES) {
                guard let process = dioaudit_process_at(arena, place) else { break }
                let state = dioaudit_process_state(process)
                if state == DIOAUDIT_PROCESS_FREE.rawValue { break }
                if state == DIOAUDIT_PROCESS_CLAIMED.rawValue { continue }
                let pid = process.pointee.pid
                requests[pid] = Request(pid: pid, word: dioaudit_squeeze_word(arena, place))
            }
        }
        return Array(requests.values)
    }
}
