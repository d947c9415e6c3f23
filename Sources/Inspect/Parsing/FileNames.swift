import CElfutils

/// Names addresses of a file: by its debug info or that of its separate debug file, else by their symbols.
///
/// - Parameter find: opens a candidate for a separate debug file.
func namedAddresses(
    _ elf: OpaquePointer, _ places: [UInt64], byFileOffset: Bool, _ find: (DebugFileWanted) -> Int32?
) -> (named: [NamedAddress], problem: String?) {
    let segments = loadedSegments(elf)
    let addresses = byFileOffset ? places.map { segments.address(ofFileOffset: $0) ?? $0 } : places
    let sorted = Set(addresses).sorted()
    var separate = SeparateDebugFile()
    defer { separate.close() }
    var debugInfo = DebugInfo(elf)
    if debugInfo == nil {
        separate = SeparateDebugFile(of: elf, find)
        debugInfo = separate.elf.flatMap { DebugInfo($0) }
    }
    var names = debugInfo?.names(at: sorted, find) ?? [:]
    let nameless = sorted.filter { names[$0]?.last?.function == nil }
    var symbols = NearestSymbols(of: nameless)
    for file in [elf, separate.elf] { if let file { symbols.read(file) } }
    for (address, symbol) in symbols.found {
        var known = names[address] ?? [Name(inlined: false)]
        known[known.count - 1].function = demangle(symbol)
        names[address] = known
    }
    let problem = debugInfo?.problem
    debugInfo?.close()
    return (addresses.map { NamedAddress(address: $0, names: names[$0] ?? [Name(inlined: false)]) }, problem)
}

/// Sorted numbers of which some are in a range.
extension [UInt64] {
    /// The index of the first that is not below it.
    func place(of number: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func places(from start: UInt64, to end: UInt64) -> Range<Int> {
        start < end ? place(of: start)..<place(of: end) : 0..<0
    }
}
