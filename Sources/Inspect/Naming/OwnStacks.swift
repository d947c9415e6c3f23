import AuditCore
import CElfutils
import LinuxSystem

/// Names the frames of the calling program, from files that it runs itself: so they need no child that parses them (`Parser`), which
/// would be a fork of a program with many threads.
package func nameOwnStacks(_ stacks: [[Frame]]) -> [[Frame]] {
    elf_version(UInt32(EV_CURRENT))
    var known: [Frame: [Frame]] = [:]
    for (path, frames) in Dictionary(grouping: Set(stacks.joined()), by: \.module) {
        guard let path, path.hasPrefix("/"), let named = named(frames, of: path) else { continue }
        known.merge(zip(frames, named.map { $0.frames(in: path) })) { first, _ in first }
    }
    return stacks.map { $0.flatMap { known[$0] ?? [$0] } }
}

private func named(_ frames: [Frame], of path: String) -> [NamedAddress]? {
    guard let file = try? FileDescriptor(openingRegular: path) else { return nil }
    defer { file.closeQuietly() }
    guard let elf = elf_begin(file.rawValue, ELF_C_READ_MMAP, nil) else { return nil }
    defer { elf_end(elf) }
    guard elf_kind(elf) == ELF_K_ELF else { return nil }
    return namedAddresses(elf, frames.map(\.offset), byFileOffset: false) { wanted in
        debugFile(wanted, of: path) { _ in nil }?.rawValue
    }.named
}
