import AuditCore
import CElfutils
import Glibc

/// One executable or library, its symbols and its debug info.
struct DebugModule {
    private let handle: OpaquePointer
    /// What libdwfl adds to an address of the file to place it among the other modules.
    private let bias: UInt64
    private let units: UnitTable

    init?(_ handle: OpaquePointer) {
        var bias: GElf_Addr = 0
        guard dwfl_module_getelf(handle, &bias) != nil else { return nil }
        self.handle = handle
        self.bias = bias
        units = UnitTable(of: handle)
    }

    /// The file's own address of an offset in it; the same number if no segment holds that offset.
    func address(ofFileOffset offset: UInt64) -> UInt64 {
        var bias: GElf_Addr = 0
        guard let elf = dwfl_module_getelf(handle, &bias) else { return offset }
        return loadedSegments(elf).address(ofFileOffset: offset) ?? offset
    }

    /// The frame with its names, preceded by those that the compiler inlined into it.
    func name(_ frame: Frame) -> [Frame] {
        var frames = units.unit(at: frame.offset &+ bias).map { inlined(frame, $0) } ?? [frame]
        let function = frames[frames.count - 1]
        if function.function == nil, let symbol = dwfl_module_addrname(handle, frame.offset &+ bias) {
            frames[frames.count - 1].function = demangle(String(cString: symbol))
        }
        return frames
    }

    /// One frame per inlined scope that holds the address, and the function around them last.
    private func inlined(_ frame: Frame, _ unit: UnitTable.Unit) -> [Frame] {
        let address = frame.offset &+ bias &- unit.bias
        var current = frame
        if let line = dwarf_getsrc_die(unit.die, address) {
            var number: Int32 = 0
            current.file = dwarf_linesrc(line, nil, nil).map { String(cString: $0) }
            if dwarf_lineno(line, &number) == 0, number > 0 { current.line = Int(number) }
        }
        var frames: [Frame] = []
        for var scope in scopes(of: unit.die, at: address) {
            let tag = dwarf_tag(&scope)
            guard tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram else { continue }
            current.function = functionName(&scope)
            current.inlined = tag == DW_TAG_inlined_subroutine
            frames.append(current)
            guard current.inlined else { return frames }
            // The next one out was at the place of this one's call.
            current = frame
            current.file = callFile(&scope, in: unit.die)
            current.line = attribute(&scope, DW_AT_call_line).map(Int.init)
        }
        return frames + [current]
    }
}

/// The scopes that hold an address, innermost first, as they were inlined into each other.
///
/// Not dwarf_getscopes(3), which skips namespaces and types, and so the functions in them.
private func scopes(of unit: UnsafeMutablePointer<Dwarf_Die>, at address: UInt64) -> [Dwarf_Die] {
    var found: [Dwarf_Die] = []
    _ = collect(&found, below: unit, at: address)
    return found
}

private func collect(
    _ found: inout [Dwarf_Die], below parent: UnsafeMutablePointer<Dwarf_Die>, at address: UInt64
) -> Bool {
    var next = Dwarf_Die()
    var hasNext = dwarf_child(parent, &next) == 0
    while hasNext {
        var child = next
        switch Int(dwarf_tag(&child)) {
        case DW_TAG_subprogram, DW_TAG_inlined_subroutine, DW_TAG_lexical_block:
            if dwarf_haspc(&child, address) > 0 {
                _ = collect(&found, below: &child, at: address)
                found.append(child)
                return true
            }
        case DW_TAG_namespace, DW_TAG_module, DW_TAG_structure_type, DW_TAG_class_type, DW_TAG_enumeration_type:
            if collect(&found, below: &child, at: address) { return true }
        default: break
        }
        hasNext = dwarf_siblingof(&child, &next) == 0
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

private func callFile(_ scope: inout Dwarf_Die, in unit: UnsafeMutablePointer<Dwarf_Die>) -> String? {
    var files: OpaquePointer?
    var count = 0
    guard let index = attribute(&scope, DW_AT_call_file), dwarf_getsrcfiles(unit, &files, &count) == 0, index < count
    else { return nil }
    return dwarf_filesrc(files, Int(index), nil, nil).map { String(cString: $0) }
}
