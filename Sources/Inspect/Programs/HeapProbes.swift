import AuditCore
import CElfutils
import Glibc
import LinuxSystem

/// The places of the heap functions in a running process, or why they are unknown.
package struct HeapProbes {
    package private(set) var found: [HeapProbe] = []
    package private(set) var problem: String?

    package init(of live: borrowing LiveProcess) {
        let mappings: [MappedFile]
        do {
            mappings = try live.mappings()
        } catch {
            problem = "its mappings cannot be read: \(error)"
            return
        }
        let code = mappings.filter { $0.isExecutable && $0.path.hasPrefix("/") }
        var seen = Set<String>()
        for mapping in code where seen.insert(mapping.path).inserted {
            let reached = live.path(of: mapping)
            let file = Executable(reached)
            let own = mapping.path == live.executable ? file.ownHeap : file.ownHeapAsLibrary
            let isAllocator = HeapNames.allocators.contains { name(of: mapping).hasPrefix($0) }
            if let own { problem = "\(mapping.path) \(own)" }
            if isAllocator { problem = "\(mapping.path) takes libc's place" }
            if problem != nil { return }
            guard name(of: mapping).hasPrefix("libc.so.6") || name(of: mapping).hasPrefix("libc-2.") else { continue }
            found = probes(in: reached, mapping)
        }
        if found.isEmpty { problem = "it has no libc.so.6 whose functions could be probed" }
    }

    private func name(of mapping: MappedFile) -> Substring { mapping.path.split(separator: "/").last ?? "" }
}

/// If two of these names are one function, the first is reported.
private let probed: [(name: String, kind: EventKind)] = [
    ("malloc", .malloc), ("calloc", .calloc), ("realloc", .realloc), ("reallocarray", .reallocarray), ("free", .free),
    ("posix_memalign", .posixMemalign), ("aligned_alloc", .alignedAlloc), ("memalign", .memalign),
    ("valloc", .valloc), ("pvalloc", .pvalloc), ("free_sized", .freeSized),
    ("free_aligned_sized", .freeAlignedSized),
]

private func probes(in path: String, _ mapping: MappedFile) -> [HeapProbe] {
    guard let file = try? FileDescriptor(openingRegular: path) else { return [] }
    defer { file.closeQuietly() }
    elf_version(UInt32(EV_CURRENT))
    guard let elf = elf_begin(file.rawValue, ELF_C_READ_MMAP, nil) else { return [] }
    defer { elf_end(elf) }
    let functions = exportedFunctions(elf)
    let segments = loadedSegments(elf)
    var found: [HeapProbe] = []
    for (name, kind) in probed {
        guard let function = functions[name], function.size > 0,
            let segment = segments.first(where: {
                $0.p_vaddr <= function.start && function.start - $0.p_vaddr < $0.p_filesz
            })
        else { continue }
        let offset = function.start - segment.p_vaddr + segment.p_offset
        guard offset >= mapping.offset, offset - mapping.offset < mapping.end - mapping.start,
            !found.contains(where: { $0.fileOffset == offset })
        else { continue }
        let address = mapping.start + (offset - mapping.offset)
        found.append(
            HeapProbe(kind: kind, path: path, fileOffset: offset, addresses: address..<address + function.size))
    }
    return found
}

/// Those of the names above that the dynamic symbol table defines.
private func exportedFunctions(_ elf: OpaquePointer) -> [String: (start: UInt64, size: UInt64)] {
    let names = Set(probed.map(\.name))
    var found: [String: (UInt64, UInt64)] = [:]
    var section = elf_nextscn(elf, nil)
    while let current = section {
        section = elf_nextscn(elf, current)
        var header = GElf_Shdr()
        guard gelf_getshdr(current, &header) != nil, header.sh_type == UInt32(SHT_DYNSYM), header.sh_entsize > 0,
            let data = elf_getdata(current, nil)
        else { continue }
        for index in 0..<Int32(header.sh_size / header.sh_entsize) {
            var symbol = GElf_Sym()
            guard gelf_getsym(data, index, &symbol) != nil, symbol.st_shndx != UInt16(SHN_UNDEF),
                let text = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name))
            else { continue }
            let name = String(cString: text)
            if names.contains(name) { found[name] = (symbol.st_value, symbol.st_size) }
        }
    }
    return found
}
