import AuditCore
import Glibc
import LedgerABI
import LinuxSystem

/// A copy of one arena, and of what is used of the room behind it. The subject may write into the ledger as long as one of its processes lives: what was checked in the
/// copy stays as it was.
struct ArenaCopy: ~Copyable {
    let start: UnsafeMutableRawPointer
    /// Bytes that follow the arena: of the room for call stacks behind it, what is used.
    let grown: Int

    /// TRAP: a page that the subject has punched out would be allocated when a mapping of it is read, and there may be no memory;
    /// pread(2) reads it as zeros. Fixture: scribbles.c
    ///
    /// - Throws: what pread(2) says.
    init(_ file: FileDescriptor, index: UInt32) throws(AuditError) {
        (start, grown) = try Self.copy(file, from: off_t(dioaudit_arena_offset(index)))
    }

    private static func copy(
        _ file: FileDescriptor, from place: off_t
    ) throws(AuditError) -> (UnsafeMutableRawPointer, grown: Int) {
        var header = dioaudit_arena_header()
        let size = MemoryLayout<dioaudit_arena_header>.size
        guard pread(file.rawValue, &header, size, place) == size else {
            throw systemError("pread", .last, at: "the ledger")
        }
        let grown = grown(header)
        let length = Int(DIOAUDIT_ARENA_BYTES) + grown
        let start = UnsafeMutableRawPointer.allocate(byteCount: length, alignment: Int(DIOAUDIT_PAGE))
        let copied = pread(file.rawValue, start, length, place)
        guard copied == length else {
            start.deallocate()
            throw systemError("pread", copied < 0 ? .last : .ioError, at: "the ledger")
        }
        return (start, grown)
    }

    private static func grown(_ header: dioaudit_arena_header) -> Int {
        max(0, min(Int(header.sites_used), Int(DIOAUDIT_POOL) + Int(DIOAUDIT_GROWTH)) - Int(DIOAUDIT_POOL))
    }

    /// An arena without a ledger's file.
    init(_ bytes: [UInt8]) {
        grown = 0
        start = .allocate(byteCount: Int(DIOAUDIT_ARENA_BYTES), alignment: Int(DIOAUDIT_PAGE))
        start.copyMemory(from: bytes, byteCount: min(bytes.count, Int(DIOAUDIT_ARENA_BYTES)))
    }

    deinit { start.deallocate() }
}
