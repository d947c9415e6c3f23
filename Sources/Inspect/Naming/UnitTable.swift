import CElfutils

/// Which compilation unit holds an address.
///
/// libdwfl's own look-up (dwfl_module_addrdie) needs .debug_aranges, which clang does not write; each unit's entry says
/// its ranges too.
struct UnitTable {
    struct Unit {
        let die: UnsafeMutablePointer<Dwarf_Die>
        /// What libdwfl adds to the addresses of the debug info.
        let bias: UInt64
    }

    private struct Range {
        let start: UInt64
        let end: UInt64
        let unit: Unit
    }

    /// By start; they do not overlap.
    private let ranges: [Range]

    init(of module: OpaquePointer) {
        var ranges: [Range] = []
        var bias: Dwarf_Addr = 0
        var unit: UnsafeMutablePointer<Dwarf_Die>?
        while let next = dwfl_module_nextcu(module, unit, &bias) {
            unit = next
            var base: Dwarf_Addr = 0
            var start: Dwarf_Addr = 0
            var end: Dwarf_Addr = 0
            var offset = dwarf_ranges(next, 0, &base, &start, &end)
            while offset > 0 {
                ranges.append(Range(start: start &+ bias, end: end &+ bias, unit: Unit(die: next, bias: bias)))
                offset = dwarf_ranges(next, offset, &base, &start, &end)
            }
        }
        self.ranges = ranges.sorted { $0.start < $1.start }
    }

    /// - Parameter address: as libdwfl has placed the module.
    func unit(at address: UInt64) -> Unit? {
        var candidates = ranges[...]
        while let middle = candidates.indices.middle {
            if address < ranges[middle].start {
                candidates = candidates[..<middle]
            } else if address >= ranges[middle].end {
                candidates = candidates[(middle + 1)...]
            } else {
                return ranges[middle].unit
            }
        }
        return nil
    }
}

extension Swift.Range<Int> {
    fileprivate var middle: Int? { isEmpty ? nil : lowerBound + count / 2 }
}
