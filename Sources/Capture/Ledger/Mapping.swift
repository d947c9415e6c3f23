import AuditCore
import Glibc
import LinuxSystem

/// Shared memory, mapped for as long as this value lives.
struct Mapping: ~Copyable {
    let start: UnsafeMutableRawPointer
    private let length: Int

    /// - Parameters:
    ///   - file: the file; it may be closed once this has returned.
    ///   - offset: where in the file, in bytes: a multiple of the page size.
    ///   - length: in bytes.
    ///   - writable: or only readable.
    /// - Throws: what mmap(2) says.
    init(_ file: FileDescriptor, offset: UInt64, length: Int, writable: Bool = false) throws(AuditError) {
        let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
        guard let start = mmap(nil, length, protection, MAP_SHARED, file.rawValue, off_t(offset)), start != MAP_FAILED
        else {
            throw systemError("mmap", .last, at: "the ledger")
        }
        self.start = start
        self.length = length
    }

    deinit {
        munmap(start, length)
    }
}
