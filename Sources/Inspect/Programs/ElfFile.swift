import CElfutils
import CLinuxHost
import Glibc
import LinuxSystem

/// The parts of an ELF file that show which allocator it uses.
struct ElfFile {
    /// PT_INTERP: the dynamic linker that it asks for.
    private(set) var linker: String?
    let isNative: Bool
    /// Names that it exports, takes from others, or keeps to itself.
    private var exported: Set<String> = []
    private var imported: Set<String> = []
    private var hidden: Set<String> = []
    /// Names that it looks up through the dynamic linker even where it defines them.
    private var relocated: Set<String> = []
    /// Linked with -Bsymbolic.
    private var isSymbolic = false
    private var soname: String?
    private let fileName: String
    private var isGo = false
    private var hasSections = false
    /// The allocator whose texts it contains.
    private var allocatorByText: String?

    init(_ elf: OpaquePointer, at path: String) {
        fileName = path.split(separator: "/").last.map(String.init) ?? path
        var header = GElf_Ehdr()
        gelf_getehdr(elf, &header)
        isNative = header.e_machine == UInt16(EM_X86_64)
        linker = interpreter(elf)
        var section = elf_nextscn(elf, nil)
        while let current = section {
            hasSections = true
            read(elf, current)
            section = elf_nextscn(elf, current)
        }
        allocatorByText = allocatorByText(elf)
    }

    // MARK: answers

    /// A program comes before the interposer for its own calls only where it brings the function itself.
    var heapOfProgram: String? {
        if isGo { return "is a Go program, whose runtime has a heap of its own" }
        if !hasSections { return Self.unknowable }
        let own = exported.union(hidden).intersection(HeapNames.functions).sorted()
        if let first = own.contains("malloc") ? "malloc" : own.first {
            return "brings its own \(first), whose calls bypass the interposer"
        }
        return otherHeap
    }

    var heapOfLibrary: String? {
        let name = soname ?? fileName
        guard !name.hasPrefix("libc.so."), !name.hasPrefix("ld-linux"), name != "libdioaudit_preload.so" else {
            return nil
        }
        guard !HeapNames.allocators.contains(where: name.hasPrefix) else { return nil }
        if isGo { return "is a Go library, whose runtime has a heap of its own" }
        if !hasSections { return Self.unknowable }
        if let kept = hidden.intersection(HeapNames.functions).sorted().first {
            return "has a \(kept) that it keeps to itself"
        }
        let offered = exported.intersection(HeapNames.functions)
        // What it calls of them through the dynamic linker is the interposer's, which comes before it.
        if let first = offered.sorted().first, isSymbolic || relocated.isDisjoint(with: offered) {
            return "binds calls of \(offered.contains("malloc") ? "malloc" : first) to its own (-Bsymbolic)"
        }
        return otherHeap
    }

    private static let unknowable = "has no section headers, so whether it has a heap of its own is unknown"

    private var otherHeap: String? {
        let heapCalls = imported.union(hidden).union(exported).filter(HeapNames.isAnAllocatorsOwn)
        let used = heapCalls.union(imported.intersection(Self.otherNames)).sorted()
        if let first = used.first { return "uses \(first), which bypasses the interposer" }
        return allocatorByText.map { "has \($0) linked into it, whose calls bypass the interposer" }
    }

    /// Libc's other names of what opens, transfers and closes. The interposer cannot stand for them: a library that replaces the
    /// plain function calls libc's by these. No program or library of Debian uses one.
    private static let otherNames: Set<String> = [
        "__open", "__open64", "__close", "__dup2", "__fcntl", "__libc_fcntl64", "__read", "__write", "__pread64",
        "__pwrite64", "__libc_pread", "__libc_pwrite", "_IO_fdopen", "_IO_fclose", "_IO_popen",
    ]

    // MARK: reading

    private mutating func read(_ elf: OpaquePointer, _ section: OpaquePointer) {
        var header = GElf_Shdr()
        guard gelf_getshdr(section, &header) != nil else { return }
        switch header.sh_type {
        case UInt32(SHT_SYMTAB), UInt32(SHT_DYNSYM): readSymbols(elf, section, header)
        case UInt32(SHT_RELA): readRelocations(elf, section, header)
        case UInt32(SHT_DYNAMIC): readDynamic(elf, section, header)
        default: break
        }
        guard let name = sectionName(elf, header) else { return }
        if strcmp(name, ".go.buildinfo") == 0 { isGo = true }
    }

    private func sectionName(_ elf: OpaquePointer, _ header: GElf_Shdr) -> UnsafePointer<CChar>? {
        var index = 0
        guard elf_getshdrstrndx(elf, &index) == 0 else { return nil }
        return elf_strptr(elf, index, Int(header.sh_name)).map { UnsafePointer($0) }
    }

    private mutating func readSymbols(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr) {
        let isDynamic = header.sh_type == UInt32(SHT_DYNSYM)
        guard let data = elf_getdata(section, nil), header.sh_entsize > 0 else { return }
        for index in 0..<Int32(header.sh_size / header.sh_entsize) {
            var symbol = GElf_Sym()
            guard gelf_getsym(data, index, &symbol) != nil else { continue }
            guard let text = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name)), isOfInterest(text) else {
                continue
            }
            let name = String(cString: text)
            if symbol.st_shndx == UInt16(SHN_UNDEF) {
                if isDynamic { imported.insert(name) }
            } else if isDynamic {
                exported.insert(name)
            } else if symbol.st_info & 0xf == UInt8(STT_FUNC), !exported.contains(name) {
                hidden.insert(name)
            }
        }
    }

    /// In all of the file: sections may have other names, be merged, or be gone.
    private func allocatorByText(_ elf: OpaquePointer) -> String? {
        var length = 0
        guard let file = elf_rawfile(elf, &length) else { return nil }
        let found = withCStrings(HeapNames.texts.map(\.key)) { texts in
            texts.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: HeapNames.texts.count) {
                cl_first_text(file, length, $0, Int32(HeapNames.texts.count))
            }
        }
        return found < 0 ? nil : HeapNames.texts[Int(found)].value
    }

    /// Most files have thousands of symbols, of which these few matter.
    private func isOfInterest(_ name: UnsafePointer<CChar>) -> Bool {
        // Not for C++'s names (_Z…), of which a program may have a hundred thousand.
        if strncmp(name, "__", 2) == 0 || strncmp(name, "_IO_", 4) == 0 {
            if Self.otherNames.contains(String(cString: name)) { return true }
        }
        guard strstr(name, "alloc") != nil || strstr(name, "memalign") != nil || strstr(name, "_new") != nil else {
            return false
        }
        let name = String(cString: name)
        return HeapNames.functions.contains(name) || HeapNames.isAnAllocatorsOwn(name)
    }

    private mutating func readRelocations(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr) {
        var tableHeader = GElf_Shdr()
        guard let table = elf_getscn(elf, Int(header.sh_link)), gelf_getshdr(table, &tableHeader) != nil,
            let data = elf_getdata(section, nil), let symbols = elf_getdata(table, nil), header.sh_entsize > 0
        else { return }
        for index in 0..<Int32(header.sh_size / header.sh_entsize) {
            var relocation = GElf_Rela()
            var symbol = GElf_Sym()
            guard gelf_getrela(data, index, &relocation) != nil,
                gelf_getsym(symbols, Int32(relocation.r_info >> 32), &symbol) != nil,
                let text = elf_strptr(elf, Int(tableHeader.sh_link), Int(symbol.st_name)), isOfInterest(text)
            else { continue }
            relocated.insert(String(cString: text))
        }
    }

    private mutating func readDynamic(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr) {
        guard let data = elf_getdata(section, nil), header.sh_entsize > 0 else { return }
        for index in 0..<Int32(header.sh_size / header.sh_entsize) {
            var entry = GElf_Dyn()
            guard gelf_getdyn(data, index, &entry) != nil else { continue }
            switch entry.d_tag {
            case Int64(DT_SYMBOLIC): isSymbolic = true
            case Int64(DT_FLAGS): if entry.d_un.d_val & UInt64(DF_SYMBOLIC) != 0 { isSymbolic = true }
            case Int64(DT_SONAME):
                soname = elf_strptr(elf, Int(header.sh_link), Int(entry.d_un.d_val)).map { String(cString: $0) }
            default: break
            }
        }
    }
}

private func interpreter(_ elf: OpaquePointer) -> String? {
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { return nil }
    for index in 0..<count {
        var segment = GElf_Phdr()
        guard gelf_getphdr(elf, Int32(index), &segment) != nil, segment.p_type == UInt32(PT_INTERP) else { continue }
        var length = 0
        guard let file = elf_rawfile(elf, &length), Int(segment.p_offset) + Int(segment.p_filesz) <= length else {
            return ""
        }
        let bytes = UnsafeRawBufferPointer(start: file + Int(segment.p_offset), count: Int(segment.p_filesz))
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return nil
}
