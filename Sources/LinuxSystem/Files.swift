import AuditCore
import CLinuxHost
import Glibc
import SystemPackage

extension FileDescriptor {
    /// Opens a file, close-on-exec.
    package init(
        opening path: String, _ mode: AccessMode, _ options: OpenOptions = [], permissions: FilePermissions? = nil
    ) throws(Errno) {
        self = try failing {
            try FileDescriptor.open(
                FilePath(path), mode, options: options.union(.closeOnExec), permissions: permissions)
        }
    }

    /// What there is from its place on to its end.
    ///
    /// - Parameter limit: more bytes than that are returned, and the rest is not read, if there are more: a device would never end.
    package func readAll(atMost limit: Int = .max) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        // An array that grows takes twice its memory. A larger file than the limit is not read to it.
        let size = (try? self.size()) ?? 0
        bytes.reserveCapacity(min(Int(size), limit < .max ? limit + 1 : limit))
        var block = [UInt8](repeating: 0, count: 16384)
        while bytes.count <= limit {
            let length = try failing { try block.withUnsafeMutableBytes { try read(into: $0) } }
            if length == 0 { break }
            bytes += block.prefix(length)
        }
        return bytes
    }

    /// The next bytes that there are, as many as fit at the most; none at its end.
    package func readSome(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try failing { try read(into: buffer) }
    }

    /// Of a regular file, in bytes.
    package func size() throws(Errno) -> Int64 { try failing { try stat().size } }

    package func writeAll(_ text: String) throws(Errno) {
        _ = try failing { try writeAll(text.utf8) }
    }

    package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        _ = try failing { try writeAll(bytes.bindMemory(to: UInt8.self)) }
    }

    /// Writes a text by one call, as the kernel's own files take it.
    package func writeOnce(_ text: String) throws(Errno) {
        let bytes = Array(text.utf8)
        let written = try failing { try bytes.withUnsafeBytes { try write($0) } }
        guard written == bytes.count else { throw .noSpace }
    }

    /// What its functions throw is of no other use where it is closed.
    package func closeQuietly() { try? close() }
}

/// swift-system declares no type of what its functions throw: it is always an `Errno`.
private func failing<Result>(_ body: () throws -> Result) throws(Errno) -> Result {
    do {
        return try body()
    } catch let error as Errno {
        throw error
    } catch {
        fatalError("swift-system threw \(error)")
    }
}

/// A file in memory only (memfd_create(2)).
///
/// - Parameter place: what it is for, in an error's words.
package func memoryFile(_ name: String, for place: String) throws(AuditError) -> FileDescriptor {
    do throws(Errno) {
        return try FileDescriptor(answer: cl_memfd(name))
    } catch {
        throw systemError("memfd_create", error, at: place)
    }
}

/// A small file without its final line end.
package func textFile(_ path: String) throws(Errno) -> String {
    let file = try FileDescriptor(opening: path, .readOnly)
    defer { file.closeQuietly() }
    var bytes = try file.readAll()
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}

/// A kernel parameter, such as `kernel.perf_event_paranoid`; nil if this kernel has none of this name.
package func sysctl(_ name: String) -> Int? {
    (try? textFile("/proc/sys/" + name.split(separator: ".").joined(separator: "/"))).flatMap { Int($0) }
}

/// Where a symbolic link leads.
package func link(_ path: String) throws(Errno) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let length = readlink(path, &bytes, bytes.count)
    guard length >= 0 else { throw .last }
    return String(decoding: bytes.prefix(length), as: UTF8.self)
}

/// The names in a directory, save its own and its parent's; none where it cannot be read.
package func entries(of path: String) -> [String] { entries(opendir(path)) }

/// The same of an open one.
package func entries(of directory: FileDescriptor) -> [String] {
    let again = openat(directory.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard again >= 0 else { return [] }
    return entries(fdopendir(again))
}

private func entries(_ directory: OpaquePointer?) -> [String] {
    guard let directory else { return [] }
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
