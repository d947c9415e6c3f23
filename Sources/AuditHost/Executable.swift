import CElfutils
import Glibc

/// What an executable's file says of how far it can be interposed. Nothing, where it is no ELF file or cannot be read.
struct Executable {
    /// No dynamic linker is asked for, so that nothing is preloaded.
    private(set) var isStatic = false
    /// It defines `malloc` itself (jemalloc linked statically, or one of its own), and calls that. Not known if it is
    /// stripped and keeps the name to itself.
    private(set) var definesMalloc = false

    init(_ path: String) {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return }
        defer { close(fd) }
        elf_version(UInt32(EV_CURRENT))
        guard let elf = elf_begin(fd, ELF_C_READ_MMAP, nil) else { return }
        defer { elf_end(elf) }
        guard elf_kind(elf) == ELF_K_ELF else { return }
        isStatic = !hasInterpreter(elf)
        definesMalloc = defines("malloc", elf)
    }

    /// The file that execvp(3) starts for a command's first word.
    init(command: String) {
        guard !command.contains("/") else {
            self.init(command)
            return
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        let candidates = path.split(separator: ":").map { "\($0)/\(command)" }
        self.init(candidates.first { access($0, X_OK) == 0 } ?? command)
    }
}

private func hasInterpreter(_ elf: OpaquePointer) -> Bool {
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { return true }
    return (0..<count).contains { index in
        var segment = GElf_Phdr()
        return gelf_getphdr(elf, Int32(index), &segment) != nil && segment.p_type == UInt32(PT_INTERP)
    }
}

private func defines(_ name: String, _ elf: OpaquePointer) -> Bool {
    var section = elf_nextscn(elf, nil)
    while let current = section {
        var header = GElf_Shdr()
        if gelf_getshdr(current, &header) != nil, [UInt32(SHT_SYMTAB), UInt32(SHT_DYNSYM)].contains(header.sh_type),
            let data = elf_getdata(current, nil), header.sh_entsize > 0
        {
            for index in 0..<Int32(header.sh_size / header.sh_entsize) {
                var symbol = GElf_Sym()
                guard gelf_getsym(data, index, &symbol) != nil, symbol.st_shndx != UInt16(SHN_UNDEF) else { continue }
                let text = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name))
                if let text, strcmp(text, name) == 0 { return true }
            }
        }
        section = elf_nextscn(elf, current)
    }
    return false
}
