import AuditCore
import CLinuxHost
import LedgerABI
import LinuxSystem

/// The subject's processes ask for the squeeze by a word in each one's record in the ledger.
package struct SqueezeRequests: ~Copyable {
    package struct Request {
        package let pid: Int32
        private let word: UnsafeMutablePointer<UInt32>

        init(pid: Int32, word: UnsafeMutablePointer<UInt32>) {
            self.pid = pid
            self.word = word
        }

        private var state: dioaudit_squeeze { dioaudit_squeeze(cl_word(word)) }

        package var isAsked: Bool { state == DIOAUDIT_SQUEEZE_ASKED }
        package var isInEffect: Bool { state == DIOAUDIT_SQUEEZE_IN_EFFECT }
        package var isEnding: Bool { state == DIOAUDIT_SQUEEZE_ENDING }

        /// - Parameter granted: its memory is limited now.
        package func begin(granted: Bool) {
            answer(DIOAUDIT_SQUEEZE_ASKED, granted ? DIOAUDIT_SQUEEZE_IN_EFFECT : DIOAUDIT_SQUEEZE_MISSED)
        }

        package func end() { answer(DIOAUDIT_SQUEEZE_ENDING, DIOAUDIT_SQUEEZE_ENDED) }

        private func answer(_ question: dioaudit_squeeze, _ answer: dioaudit_squeeze) {
            cl_change_word(word, question.rawValue, answer.rawValue)
        }
    }

    /// All of the ledger: what has not been claimed takes no memory.
    private let ledger: Mapping

    package init(_ session: borrowing Session) throws(AuditError) {
        ledger = try Mapping(session.fd, offset: 0, length: Int(dioaudit_ledger_bytes()), writable: true)
    }

    /// Of each process the last: an exec begins another.
    package func all() -> [Request] {
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
