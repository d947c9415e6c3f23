import CElfutils

/// The symbols that hold some addresses: one way through each table, however many addresses there are.
struct NearestSymbols {
    private struct Candidate {
        var start: UInt64
        var rank: UInt8
        var name: String
    }

    private let addresses: [UInt64]
    private var sized: [Candidate?]
    /// Written by hand in assembler, they may have no size: they reach up to the next one of their section.
    private var open: [(candidate: Candidate, sectionEnd: UInt64)?]

    /// - Parameter addresses: sorted.
    init(of addresses: [UInt64]) {
        self.addresses = addresses
        sized = Array(repeating: nil, count: addresses.count)
        open = Array(repeating: nil, count: addresses.count)
    }

    var found: [UInt64: String] {
        var found: [UInt64: String] = [:]
        var last: (candidate: Candidate, sectionEnd: UInt64)?
        for index in addresses.indices {
            if let next = open[index], next.candidate.start >= last?.candidate.start ?? 0 { last = next }
            if let symbol = sized[index] {
                found[addresses[index]] = symbol.name
            } else if let last, addresses[index] < last.sectionEnd {
                found[addresses[index]] = last.candidate.name
            }
        }
        return found
    }

    mutating func read(_ elf: OpaquePointer) {
        guard !addresses.isEmpty else { return }
        var section = elf_nextscn(elf, nil)
        while let current = section {
            section = elf_nextscn(elf, current)
            var header = GElf_Shdr()
            guard gelf_getshdr(current, &header) != nil else { continue }
            if header.sh_type == UInt32(SHT_SYMTAB) || header.sh_type == UInt32(SHT_DYNSYM) {
                read(elf, current, strings: Int(header.sh_link))
            }
        }
    }

    private mutating func read(_ elf: OpaquePointer, _ section: OpaquePointer, strings: Int) {
        guard let data = elf_getdata(section, nil), data.pointee.d_buf != nil else { return }
        var symbol = GElf_Sym()
        var index: Int32 = 1
        while gelf_getsym(data, index, &symbol) != nil {
            index += 1
            let type = Int(symbol.st_info & 0xf)
            guard symbol.st_shndx != UInt16(SHN_UNDEF), symbol.st_value > 0,
                type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC
            else { continue }
            if symbol.st_size == 0 {
                note(unsized: symbol, elf, strings)
            } else {
                note(symbol, elf, strings)
            }
        }
    }

    private mutating func note(_ symbol: GElf_Sym, _ elf: OpaquePointer, _ strings: Int) {
        let (end, overflows) = symbol.st_value.addingReportingOverflow(symbol.st_size)
        let rank = Self.rank(symbol)
        for index in addresses.places(from: symbol.st_value, to: overflows ? .max : end) {
            if let known = sized[index], (known.start, known.rank) >= (symbol.st_value, rank) { continue }
            guard let name = name(symbol, elf, strings) else { return }
            sized[index] = Candidate(start: symbol.st_value, rank: rank, name: name)
        }
    }

    private mutating func note(unsized symbol: GElf_Sym, _ elf: OpaquePointer, _ strings: Int) {
        let index = addresses.place(of: symbol.st_value)
        let rank = Self.rank(symbol)
        guard index < addresses.count else { return }
        if let known = open[index]?.candidate, (known.start, known.rank) >= (symbol.st_value, rank) { return }
        var header = GElf_Shdr()
        guard let section = elf_getscn(elf, Int(symbol.st_shndx)), gelf_getshdr(section, &header) != nil,
            header.sh_flags & UInt64(SHF_EXECINSTR) != 0, let name = name(symbol, elf, strings)
        else { return }
        open[index] = (
            Candidate(start: symbol.st_value, rank: rank, name: name), header.sh_addr &+ header.sh_size
        )
    }

    private func name(_ symbol: GElf_Sym, _ elf: OpaquePointer, _ strings: Int) -> String? {
        guard let text = elf_strptr(elf, strings, Int(symbol.st_name)), text.pointee != 0 else { return nil }
        return String(cString: text)
    }

    /// Of several names of one function: the one that others see.
    private static func rank(_ symbol: GElf_Sym) -> UInt8 {
        switch Int32(symbol.st_info >> 4) {
        case STB_GLOBAL: 2
        case STB_WEAK: 1
        default: 0
        }
    }
}
