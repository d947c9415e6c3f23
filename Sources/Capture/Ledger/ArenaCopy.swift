import AuditCore
import Glibc
import LedgerABI
import LinuxSystem

/// A copy of one arena. The subject may write into the ledger as long as one of its processes lives: what was checked in the
/// copy stays as it was.
struct ArenaCopy: ~Copyable {
    let start: UnsafeMutableRawPointer

    /// TRAP: a page that the subject has punched out would be allocated when a mapping of it is read, and there may be no memory;
    /// pread(2) reads it as zeros. Fixture: scribbles.c
    ///
    /// - Throws: what pread(2) says.
    init(_ file: FileDescriptor, index: UInt32) throws(AuditError) {
        let length = Int(DIOAUDIT_ARENA_BYTES)
        start = .allocate(byteCount: length, alignment: Int(DIOAUDIT_PAGE))
        let copied = pread(file.rawValue, start, length, off_t(dioaudit_arena_offset(index)))
        guard copied == length else { throw systemError("pread", copied < 0 ? .last : .ioError, at: "the ledger") }
    }

    /// An arena without a ledger's file.
    init(_ bytes: [UInt8]) {
        start = .allocate(byteCount: Int(DIOAUDIT_ARENA_BYTES), alignment: Int(DIOAUDIT_PAGE))
        start.copyMemory(from: bytes, byteCount: min(bytes.count, Int(DIOAUDIT_ARENA_BYTES)))
    }

    deinit { start.deallocate() }
}
