import Glibc
import LinuxSystem

/// Opens a candidate for a separate debug file for the parser, which can open none itself.
///
/// What the parser asks for may be the broken file's own wish: so only regular files are opened that begin as ELF files do, beside the
/// program and where distributions put debug files.
///
/// - Parameter server: asked by build id, last of all.
func debugFile(
    _ wanted: DebugFileWanted, of path: String, server: (String) -> FileDescriptor?
) -> FileDescriptor? {
    let found = candidates(wanted, of: path).filter { isELF($0) }
    if wanted.attempt < found.count { return openedELF(found[Int(wanted.attempt)]) }
    return wanted.attempt == found.count && isBuildID(wanted.buildID) ? server(wanted.buildID) : nil
}

private func isBuildID(_ digits: String) -> Bool { digits.count > 2 && digits.allSatisfy(\.isHexDigit) }

private func isELF(_ path: String) -> Bool {
    guard let file = openedELF(path) else { return false }
    file.closeQuietly()
    return true
}

private let debugRoot = "/usr/lib/debug"

private func candidates(_ wanted: DebugFileWanted, of path: String) -> [String] {
    var found: [String] = []
    let id = wanted.buildID
    if isBuildID(id) {
        found.append("\(debugRoot)/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug")
    }
    guard let link = wanted.link, !link.isEmpty, link.utf8.count < 4096 else { return found }
    let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    if !link.contains("/") {
        found += ["\(folder)/\(link)", "\(folder)/.debug/\(link)", "\(debugRoot)\(folder)/\(link)"]
    } else if link.hasPrefix("\(debugRoot)/"), !link.split(separator: "/").contains("..") {
        found.append(link)
    }
    return found
}

private func openedELF(_ path: String) -> FileDescriptor? {
    guard let file = try? FileDescriptor(openingRegular: path) else { return nil }
    var magic: UInt32 = 0
    if pread(file.rawValue, &magic, 4, 0) == 4, UInt32(bigEndian: magic) == 0x7f45_4c46 { return file }
    file.closeQuietly()
    return nil
}
