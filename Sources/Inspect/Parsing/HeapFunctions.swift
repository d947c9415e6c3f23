import CElfutils

/// The heap functions that the dynamic symbol table defines, with their places in the file.
func heapFunctions(_ elf: OpaquePointer) -> [HeapFunction] {
    let names = Set(probed.map(\.name))
    let segments = loadedSegments(elf)
    var found: [HeapFunction] = []
    var section = elf_nextscn(elf, nil)
    while let current = section {
        section = elf_nextscn(elf, current)
        var header = GElf_Shdr()
        guard gelf_getshdr(current, &header) != nil, header.sh_type == UInt32(SHT_DYNSYM),
            let data = elf_getdata(current, nil)
        else { continue }
        var symbol = GElf_Sym()
        var index: Int32 = 0
        while gelf_getsym(data, index, &symbol) != nil {
            index += 1
            guard symbol.st_shndx != UInt16(SHN_UNDEF), symbol.st_size > 0,
                let text = elf_strptr(elf, Int(header.sh_link), Int(symbol.st_name))
            else { continue }
            let name = String(cString: text)
            guard names.contains(name), let offset = segments.fileOffset(ofAddress: symbol.st_value) else { continue }
            found.append(HeapFunction(name: name, fileOffset: offset, size: symbol.st_size))
        }
    }
    return found
}
