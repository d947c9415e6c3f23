import Glibc

/// A kernel parameter, such as `kernel.perf_event_paranoid`; nil if this kernel has none of this name.
package func sysctl(_ name: String) -> Int? {
    textFile("/proc/sys/" + name.split(separator: ".").joined(separator: "/")).flatMap { Int($0) }
}

/// A small file without its final line end; nil with errno set if it cannot be read.
package func textFile(_ path: String) -> String? {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16384)
    while case let length = read(fd, &block, block.count), length != 0 {
        guard length > 0 else { return nil }
        bytes += block.prefix(length)
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}

/// Where a symbolic link leads; null with errno set if that cannot be read.
package func link(_ path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let length = readlink(path, &bytes, bytes.count)
    return length < 0 ? nil : String(decoding: bytes.prefix(length), as: UTF8.self)
}

/// The names in a directory, save its own and its parent's; none where it cannot be read.
func entries(of path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = text(entry.pointee.d_name)
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// The entries that are numbers, such as the processes of /proc or a process's threads, in ascending order.
package func numberedEntries(of path: String) -> [Int32] { entries(of: path).compactMap { Int32($0) }.sorted() }
