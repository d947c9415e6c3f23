import CElfutils

/// The debug info of a file (DWARF): functions, those inlined into them, files and lines.
struct DebugInfo {
    private let dwarf: OpaquePointer
    private var alternative: (file: OpenedElf, dwarf: OpaquePointer)?
    private(set) var problem: String?

    /// Nil if the file has none.
    init?(_ elf: OpaquePointer) {
        guard let dwarf = dwarf_begin_elf(elf, DWARF_C_READ, nil) else { return nil }
        self.dwarf = dwarf
        var unit: OpaquePointer?
        if dwarf_get_units(dwarf, nil, &unit, nil, nil, nil, nil) != 0 {
            close()
            return nil
        }
    }

    func close() {
        dwarf_end(dwarf)
        if let alternative {
            dwarf_end(alternative.dwarf)
            alternative.file.close()
        }
    }

    /// Not .debug_aranges, which clang does not write: each unit's entry says its ranges too.
    ///
    /// - Parameter addresses: sorted.
    mutating func names(at addresses: [UInt64], _ find: (DebugFileWanted) -> Int32?) -> [UInt64: [Name]] {
        openAlternative(find)
        var found: [UInt64: [Name]] = [:]
        var unit: OpaquePointer?
        var entry = Dwarf_Die()
        while found.count < addresses.count, dwarf_get_units(dwarf, unit, &unit, nil, nil, &entry, nil) == 0 {
            var base: Dwarf_Addr = 0
            var start: Dwarf_Addr = 0
            var end: Dwarf_Addr = 0
            var offset = dwarf_ranges(&entry, 0, &base, &start, &end)
            while offset > 0 {
                for place in addresses.places(from: start, to: end) where found[addresses[place]] == nil {
                    found[addresses[place]] = names(at: addresses[place], in: &entry)
                }
                offset = dwarf_ranges(&entry, offset, &base, &start, &end)
            }
        }
        return found
    }

    /// What several debug files share (dwz).
    private mutating func openAlternative(_ find: (DebugFileWanted) -> Int32?) {
        var name: UnsafePointer<CChar>?
        var id: UnsafeRawPointer?
        let length = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id)
        guard length > 0, let id, let name else { return }
        let wanted = BuildID(id, length)
        guard let file = openCandidate(wanted, link: String(cString: name), find, { wanted == BuildID(of: $0) }) else {
            return
        }
        guard let dwarf = dwarf_begin_elf(file.elf, DWARF_C_READ, nil) else { return file.close() }
        alternative = (file, dwarf)
        dwarf_setalt(self.dwarf, dwarf)
    }

    /// One name per inlined scope that holds the address, and the function around them last.
    private mutating func names(at address: UInt64, in unit: inout Dwarf_Die) -> [Name] {
        var current = Name(inlined: false)
        if let line = dwarf_getsrc_die(&unit, address) {
            var number: Int32 = 0
            current.file = dwarf_linesrc(line, nil, nil).map { String(cString: $0) }
            if dwarf_lineno(line, &number) == 0, number > 0 { current.line = UInt64(number) }
        }
        var names: [Name] = []
        for var scope in scopes(of: &unit, at: address) {
            let tag = dwarf_tag(&scope)
            guard tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram else { continue }
            current.function = functionName(&scope)
            current.inlined = tag == DW_TAG_inlined_subroutine
            names.append(current)
            guard current.inlined else { return names }
            // The next one out was at the place of this one's call.
            current = Name(inlined: false)
            current.file = callFile(&scope, in: &unit)
            current.line = attribute(&scope, DW_AT_call_line)
        }
        return names + [current]
    }

    /// The scopes that hold an address, innermost first, as they were inlined into each other.
    ///
    /// Not dwarf_getscopes(3), which skips namespaces and types, and so the functions in them.
    private mutating func scopes(of unit: inout Dwarf_Die, at address: UInt64) -> [Dwarf_Die] {
        var found: [Dwarf_Die] = []
        do throws(TooDeep) {
            _ = try collect(&found, below: &unit, at: address)
        } catch {
            problem = "its debug info is nested deeper than \(mostLevels) levels"
        }
        return found
    }
}

// MARK: entries

/// No compiler nests functions, types and namespaces so deeply.
private let mostLevels = 256

private struct TooDeep: Error {}

private func collect(
    _ found: inout [Dwarf_Die], below parent: inout Dwarf_Die, at address: UInt64, _ level: Int = 0
) throws(TooDeep) -> Bool {
    guard level < mostLevels else { throw TooDeep() }
    var next = Dwarf_Die()
    var hasNext = dwarf_child(&parent, &next) == 0
    while hasNext {
        var child = next
        switch Int(dwarf_tag(&child)) {
        case DW_TAG_subprogram, DW_TAG_inlined_subroutine, DW_TAG_lexical_block:
            if dwarf_haspc(&child, address) > 0 {
                _ = try collect(&found, below: &child, at: address, level + 1)
                found.append(child)
                return true
            }
        case DW_TAG_namespace, DW_TAG_module, DW_TAG_structure_type, DW_TAG_class_type, DW_TAG_enumeration_type:
            if try collect(&found, below: &child, at: address, level + 1) { return true }
        default: break
        }
        // DW_AT_sibling may lead anywhere: only onwards, or it would never end.
        hasNext = dwarf_siblingof(&child, &next) == 0 && dwarf_dieoffset(&next) > dwarf_dieoffset(&child)
    }
    return false
}

private func functionName(_ scope: inout Dwarf_Die) -> String? {
    for name in [DW_AT_linkage_name, DW_AT_MIPS_linkage_name] {
        var value = Dwarf_Attribute()
        if dwarf_attr_integrate(&scope, UInt32(name), &value) != nil, let symbol = dwarf_formstring(&value) {
            return demangle(String(cString: symbol))
        }
    }
    return dwarf_diename(&scope).map { String(cString: $0) }
}

private func attribute(_ scope: inout Dwarf_Die, _ name: Int) -> Dwarf_Word? {
    var value = Dwarf_Attribute()
    var number: Dwarf_Word = 0
    guard dwarf_attr(&scope, UInt32(name), &value) != nil, dwarf_formudata(&value, &number) == 0 else { return nil }
    return number
}

private func callFile(_ scope: inout Dwarf_Die, in unit: inout Dwarf_Die) -> String? {
    var files: OpaquePointer?
    var count = 0
    guard let index = attribute(&scope, DW_AT_call_file), dwarf_getsrcfiles(&unit, &files, &count) == 0, index < count
    else { return nil }
    return dwarf_filesrc(files, Int(index), nil, nil).map { String(cString: $0) }
}
