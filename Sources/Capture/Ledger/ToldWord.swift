import AuditCore
import CLinuxHost
import LedgerABI
import LinuxSystem

/// The word in the ledger by which the subject's processes are told of their steady phase.
package struct ToldWord: ~Copyable {
    package enum Message: Sendable {
        case steady, teardown
    }

    private let page: Mapping
    private var said = DIOAUDIT_TOLD_NOTHING.rawValue

    package init(_ session: borrowing Session) throws(AuditError) {
        page = try Mapping(session.fd, offset: 0, length: Int(DIOAUDIT_PAGE), writable: true)
    }

    private var word: UnsafeMutablePointer<UInt32> {
        let offset = MemoryLayout<dioaudit_session>.offset(of: \.told)!
        return (page.start + offset).assumingMemoryBound(to: UInt32.self)
    }

    /// Nobody but us has written there.
    package var isAsSaid: Bool { cl_word(word) == said }

    package mutating func say(_ message: Message) {
        let next = message == .steady ? DIOAUDIT_TOLD_STEADY.rawValue : DIOAUDIT_TOLD_TEARDOWN.rawValue
        cl_change_word(word, said, next)
        said = next
    }
}
