import AuditCore
import Glibc
import LinuxSystem

/// The places of the heap functions in a running process, or why they are unknown.
package struct HeapProbes {
    package private(set) var found: [HeapProbe] = []
    package private(set) var problem: String?

    package init(of live: borrowing LiveProcess) {
        let parser = Parser()
        let mappings: [MappedFile]
        do {
            mappings = try live.mappings()
        } catch {
            problem = "its mappings cannot be read: \(error)"
            return
        }
        let code = mappings.filter { $0.isExecutable && $0.path.hasPrefix("/") }
        var seen = Set<String>()
        for mapping in code where seen.insert(mapping.identity + mapping.path).inserted {
            let reached = live.path(of: mapping)
            if mapping.path.isOfLibc, found.isEmpty {
                found = probes(in: reached, mapping, parser)
                continue
            }
            let file = Executable(reached, parser)
            let own = mapping.path == live.executable ? file.ownHeap : file.ownHeapUninterposed
            let isAllocator = HeapNames.allocators.contains { name(of: mapping).hasPrefix($0) }
            if let own { problem = "\(mapping.path) \(own)" }
            if isAllocator { problem = "\(mapping.path) takes libc's place" }
            if problem != nil { return }
        }
        if found.isEmpty { problem = "it has no libc.so.6 whose functions could be probed" }
    }

    private func name(of mapping: MappedFile) -> Substring { mapping.path.split(separator: "/").last ?? "" }
}

/// Those that are probed. If two of these names are one function, the first is reported.
let probed: [(name: String, kind: EventKind)] = [
    ("malloc", .malloc), ("calloc", .calloc), ("realloc", .realloc), ("reallocarray", .reallocarray), ("free", .free),
    ("posix_memalign", .posixMemalign), ("aligned_alloc", .alignedAlloc), ("memalign", .memalign),
    ("valloc", .valloc), ("pvalloc", .pvalloc), ("free_sized", .freeSized),
    ("free_aligned_sized", .freeAlignedSized),
]

private func probes(in path: String, _ mapping: MappedFile, _ parser: Parser) -> [HeapProbe] {
    guard let file = try? FileDescriptor(openingRegular: path) else { return [] }
    defer { file.closeQuietly() }
    let functions = (try? parser.heapFunctions(file, at: path)) ?? []
    var found: [HeapProbe] = []
    for (name, kind) in probed {
        guard let function = functions.first(where: { $0.name == name }), function.fileOffset >= mapping.offset,
            function.fileOffset - mapping.offset < mapping.end - mapping.start,
            !found.contains(where: { $0.fileOffset == function.fileOffset })
        else { continue }
        let address = mapping.start + (function.fileOffset - mapping.offset)
        guard function.size > 0, function.size <= mapping.end - address else { continue }
        found.append(
            HeapProbe(
                kind: kind, path: path, fileOffset: function.fileOffset, addresses: address..<address + function.size))
    }
    return found
}
