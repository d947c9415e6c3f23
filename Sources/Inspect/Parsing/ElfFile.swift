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
    /// What of it cannot be read. It may have hidden any name.
    private var malformed: String?
    /// Where the dynamic linker finds what it reads (PT_DYNAMIC, DT_SYMTAB), and where the sections say that this is.
    private var dynamicAddress: UInt64?
    private var usedSymbols: UInt64?
    private var dynamicSection: UInt64?
    private var symbolTables: Set<UInt64> = []
    private let elf: OpaquePointer
    /// The allocator whose texts it contains. To look through all of a file takes a while, and libc's answer needs none of it.
    private lazy var allocatorByText = findAllocatorByText()

    init(_ elf: OpaquePointer, at path: String) {
        self.elf = elf
        fileName = path.split(separator: "/").last.map(String.init) ?? path
        var header = GElf_Ehdr()
        gelf_getehdr(elf, &header)
        isNative = header.e_machine == UInt16(EM_X86_64)
        readSegments(elf)
        var section = elf_nextscn(elf, nil)
        while let current = section {
            hasSections = true
            read(elf, current)
            section = elf_nextscn(elf, current)
        }
        checkDynamic()
    }

    // MARK: answers

    /// Ask while the file is open.
    var facts: ProgramFacts {
        mutating get {
            ProgramFacts(
                linker: linker, isNative: isNative, needsSharedASan: imported.contains(Self.asan),
                heapOfProgram: heapOfProgram, heapOfLibrary: heapOfLibrary, heapFunction: heapFunction)
        }
    }

    /// A program comes before the interposer for its own calls only where it brings the function itself.
    var heapOfProgram: String? {
        mutating get {
            if isGo { return "is a Go program, whose runtime has a heap of its own" }
            if let unknowable { return unknowable }
            if let first = ownFunction {
                return "brings its own \(first), whose calls bypass the interposer"
            }
            return otherHeap
        }
    }

    var heapOfLibrary: String? {
        mutating get {
            let name = soname ?? fileName
            guard !name.hasPrefix("libc.so."), !name.hasPrefix("ld-linux"), name != "libdioaudit_preload.so" else {
                return nil
            }
            guard !HeapNames.allocators.contains(where: name.hasPrefix) else { return nil }
            if isGo { return "is a Go library, whose runtime has a heap of its own" }
            if let unknowable { return unknowable }
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
    }

    private var heapFunction: String? { (soname ?? fileName).hasPrefix("ld-linux") ? nil : ownFunction }

    private var ownFunction: String? {
        let own = exported.union(hidden).intersection(HeapNames.functions).sorted()
        return own.contains("malloc") ? "malloc" : own.first
    }

    private var unknowable: String? {
        guard let problem = hasSections ? malformed.map({ "is malformed (\($0))" }) : "has no section headers" else {
            return nil
        }
        return "\(problem), so whether it has a heap of its own is unknown"
    }

    /// An operator new that calls malloc, as a C++ runtime's does, is counted there. One in a file that takes no heap function from others
    /// cannot.
    private var hasItsOwnNew: Bool {
        let own = exported.union(hidden)
        return !own.isDisjoint(with: HeapNames.operators) && own.union(imported).isDisjoint(with: HeapNames.functions)
    }

    private var otherHeap: String? {
        mutating get {
            let heapCalls = imported.union(hidden).union(exported).filter(HeapNames.isAnAllocatorsOwn)
            let used = heapCalls.union(imported.intersection(Self.otherNames)).sorted()
            if let first = used.first { return "uses \(first), which bypasses the interposer" }
            if hasItsOwnNew { return "has an operator new of its own that calls no heap function of libc" }
            return allocatorByText.map { "has \($0) linked into it, whose calls bypass the interposer" }
        }
    }

    /// Libc's other names of what opens, transfers, closes and makes children. The interposer cannot stand for them: a library that
    /// replaces the plain function calls libc's by these. No program or library of Debian uses one.
    private static let otherNames: Set<String> = [
        "__open", "__open64", "__close", "__dup2", "__fcntl", "__libc_fcntl64", "__read", "__write", "__pread64",
        "__pwrite64", "__libc_pread", "__libc_pwrite", "_IO_fdopen", "_IO_fclose", "_IO_popen",
        "__clone", "__vfork",
    ]

    /// What a program calls of AddressSanitizer's runtime before all else.
    private static let asan = "__asan_init"

    // MARK: reading

    private mutating func readSegments(_ elf: OpaquePointer) {
        var count = 0
        guard elf_getphdrnum(elf, &count) == 0, count <= Int32.max else { return refuse("its program headers") }
        for index in 0..<Int32(count) {
            var segment = GElf_Phdr()
            guard gelf_getphdr(elf, index, &segment) != nil else { return refuse("its program headers") }
            switch segment.p_type {
            case UInt32(PT_INTERP) where linker == nil: linker = text(of: segment, elf)
            case UInt32(PT_DYNAMIC): dynamicAddress = segment.p_vaddr
            default: break
            }
        }
    }

    /// Empty if it is not all there.
    private func text(of segment: GElf_Phdr, _ elf: OpaquePointer) -> String {
        var length = 0
        guard let file = elf_rawfile(elf, &length), segment.p_offset <= length,
            segment.p_filesz <= UInt64(length) - segment.p_offset
        else { return "" }
        let bytes = UnsafeRawBufferPointer(start: file + Int(segment.p_offset), count: Int(segment.p_filesz))
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private mutating func read(_ elf: OpaquePointer, _ section: OpaquePointer) {
        var header = GElf_Shdr()
        guard gelf_getshdr(section, &header) != nil else { return refuse("a section header") }
        switch header.sh_type {
        case UInt32(SHT_SYMTAB), UInt32(SHT_DYNSYM): readSymbols(elf, section, header)
        case UInt32(SHT_RELA): readRelocations(elf, section, header)
        case UInt32(SHT_DYNAMIC): readDynamic(elf, section, header)
        default: break
        }
        if header.sh_type == UInt32(SHT_DYNSYM) { symbolTables.insert(header.sh_addr) }
        guard let name = sectionName(elf, header) else { return refuse("a section's name") }
        if strcmp(name, ".go.buildinfo") == 0 { isGo = true }
    }

    /// The dynamic linker reads what the segments say, and this reads what the sections say: if they differ, it has not read what
    /// is used.
    private mutating func checkDynamic() {
        guard let dynamicAddress else { return }
        let agree = dynamicAddress == dynamicSection && usedSymbols.map(symbolTables.contains) ?? true
        if !agree { refuse("its sections are not what its segments use") }
    }

    private mutating func refuse(_ what: String) {
        if malformed == nil { malformed = what }
    }

    private func sectionName(_ elf: OpaquePointer, _ header: GElf_Shdr) -> UnsafePointer<CChar>? {
        var index = 0
        guard elf_getshdrstrndx(elf, &index) == 0 else { return nil }
        return elf_strptr(elf, index, Int(header.sh_name)).map { UnsafePointer($0) }
    }

    /// The entries of a table. All that its header counts must be there.
    private mutating func entries(
        _ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr, of type: Elf_Type, _ what: String
    ) -> (data: UnsafeMutablePointer<Elf_Data>, count: Int32)? {
        guard let data = elf_getdata(section, nil), data.pointee.d_buf != nil || header.sh_size == 0,
            header.sh_entsize > 0, header.sh_entsize == gelf_fsize(elf, type, 1, UInt32(EV_CURRENT)),
            header.sh_size % header.sh_entsize == 0,
            header.sh_size / header.sh_entsize <= Int32.max, data.pointee.d_size == header.sh_size
        else {
            refuse(what)
            return nil
        }
        return (data, Int32(header.sh_size / header.sh_entsize))
    }

    private mutating func readSymbols(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr) {
        let isDynamic = header.sh_type == UInt32(SHT_DYNSYM)
        let what = isDynamic ? "its dynamic symbols" : "its symbols"
        guard let (data, count) = entries(elf, section, header, of: ELF_T_SYM, what) else { return }
        for index in 0..<count {
            var symbol = GElf_Sym()
            guard gelf_getsym(data, index, &symbol) != nil,
                let text = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name))
            else { return refuse(what) }
            guard isOfInterest(text) else { continue }
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
    private func findAllocatorByText() -> String? {
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
        if strncmp(name, "_Zn", 3) == 0 { return HeapNames.operators.contains(String(cString: name)) }
        // Not for C++'s other names (_Z…), of which a program may have a hundred thousand.
        if strncmp(name, "__", 2) == 0 || strncmp(name, "_IO_", 4) == 0 {
            if Self.otherNames.contains(String(cString: name)) || strcmp(name, Self.asan) == 0 { return true }
        }
        guard strstr(name, "alloc") != nil || strstr(name, "memalign") != nil || strstr(name, "_new") != nil else {
            return false
        }
        let name = String(cString: name)
        return HeapNames.functions.contains(name) || HeapNames.isAnAllocatorsOwn(name)
    }

    private mutating func readRelocations(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr) {
        // Those of a program without a dynamic linker name no symbols.
        guard header.sh_link != 0 else { return }
        let what = "its relocations"
        var tableHeader = GElf_Shdr()
        guard let (data, count) = entries(elf, section, header, of: ELF_T_RELA, what) else { return }
        guard let table = elf_getscn(elf, Int(header.sh_link)), gelf_getshdr(table, &tableHeader) != nil,
            let symbols = elf_getdata(table, nil)
        else { return refuse(what) }
        for index in 0..<count {
            var relocation = GElf_Rela()
            var symbol = GElf_Sym()
            guard gelf_getrela(data, index, &relocation) != nil,
                gelf_getsym(symbols, Int32(truncatingIfNeeded: relocation.r_info >> 32), &symbol) != nil,
                let text = elf_strptr(elf, Int(tableHeader.sh_link), Int(symbol.st_name))
            else { return refuse(what) }
            if isOfInterest(text) { relocated.insert(String(cString: text)) }
        }
    }

    private mutating func readDynamic(_ elf: OpaquePointer, _ section: OpaquePointer, _ header: GElf_Shdr) {
        guard let (data, count) = entries(elf, section, header, of: ELF_T_DYN, "its dynamic section") else { return }
        dynamicSection = header.sh_addr
        for index in 0..<count {
            var entry = GElf_Dyn()
            guard gelf_getdyn(data, index, &entry) != nil else { return refuse("its dynamic section") }
            switch entry.d_tag {
            case Int64(DT_NULL): return
            case Int64(DT_SYMTAB): usedSymbols = entry.d_un.d_ptr
            case Int64(DT_SYMBOLIC): isSymbolic = true
            case Int64(DT_FLAGS): if entry.d_un.d_val & UInt64(DF_SYMBOLIC) != 0 { isSymbolic = true }
            case Int64(DT_SONAME):
                soname = elf_strptr(elf, Int(header.sh_link), Int(truncatingIfNeeded: entry.d_un.d_val)).map {
                    String(cString: $0)
                }
            default: break
            }
        }
    }
}
