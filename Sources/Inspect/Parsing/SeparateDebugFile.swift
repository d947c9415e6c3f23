import CElfutils
import CLinuxHost
import Glibc

/// A note's contents, which the linker makes of the file's contents.
struct BuildID: Equatable {
    let digits: String

    /// Longer ones are none: linkers write 8 to 32 bytes.
    init?(_ bytes: UnsafeRawPointer, _ length: Int) {
        guard (2...64).contains(length) else { return nil }
        digits = UnsafeRawBufferPointer(start: bytes, count: length).map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }.joined()
    }

    init?(of elf: OpaquePointer) {
        var bytes: UnsafeRawPointer?
        let length = dwelf_elf_gnu_build_id(elf, &bytes)
        guard length > 0, let bytes else { return nil }
        self.init(bytes, length)
    }
}

/// Where the debug info is apart from the program: by build id, or by .gnu_debuglink with a checksum of the file.
struct SeparateDebugFile {
    private var file: OpenedElf?
    var elf: OpaquePointer? { file?.elf }

    init() {}

    init(of program: OpaquePointer, _ find: (DebugFileWanted) -> Int32?) {
        var checksum: GElf_Word = 0
        let link = dwelf_elf_gnu_debuglink(program, &checksum).map { String(cString: $0) }
        let id = BuildID(of: program)
        file = openCandidate(id, link: link, find) {
            if let id { return id == BuildID(of: $0) }
            var length = 0
            guard let bytes = elf_rawfile($0, &length) else { return false }
            return cl_crc32(bytes, length) == checksum
        }
    }

    func close() { file?.close() }
}

struct OpenedElf {
    let elf: OpaquePointer
    fileprivate let descriptor: Int32

    func close() {
        elf_end(elf)
        Glibc.close(descriptor)
    }
}

/// The first candidate that belongs to the file.
func openCandidate(
    _ id: BuildID?, link: String?, _ find: (DebugFileWanted) -> Int32?, _ belongs: (OpaquePointer) -> Bool
) -> OpenedElf? {
    guard id != nil || link != nil else { return nil }
    for attempt in 0... {
        let wanted = DebugFileWanted(buildID: id?.digits ?? "", link: link, attempt: UInt64(attempt))
        guard let file = find(wanted) else { break }
        if let elf = elf_begin(file, ELF_C_READ_MMAP, nil) {
            if elf_kind(elf) == ELF_K_ELF, belongs(elf) { return OpenedElf(elf: elf, descriptor: file) }
            elf_end(elf)
        }
        close(file)
    }
    return nil
}
