import CElfutils

/// The parts of a file that are mapped (PT_LOAD).
func loadedSegments(_ elf: OpaquePointer) -> [GElf_Phdr] {
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0, count <= Int32.max else { return [] }
    return (0..<Int32(count)).compactMap { index in
        var segment = GElf_Phdr()
        guard gelf_getphdr(elf, index, &segment) != nil, segment.p_type == UInt32(PT_LOAD) else { return nil }
        return segment
    }
}

extension [GElf_Phdr] {
    /// The file's own address of an offset in it; null if no segment holds that offset.
    func address(ofFileOffset offset: UInt64) -> UInt64? {
        first { $0.p_offset <= offset && offset - $0.p_offset < $0.p_filesz }.map {
            offset - $0.p_offset &+ $0.p_vaddr
        }
    }

    func fileOffset(ofAddress address: UInt64) -> UInt64? {
        first { $0.p_vaddr <= address && address - $0.p_vaddr < $0.p_filesz }.map {
            address - $0.p_vaddr &+ $0.p_offset
        }
    }
}
