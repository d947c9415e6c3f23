import AuditCore
import Glibc

/// The suppressions of all files, in the order of `--suppressions`.
func readSuppressions(in paths: [String]) throws(AuditError) -> [Suppression] {
    var all: [Suppression] = []
    for path in paths { all += try Suppression.all(in: contents(ofSuppressions: path), file: path) }
    return all
}

/// A bound that no written file reaches: a device would never end.
private let limit = 16 << 20

private func contents(ofSuppressions path: String) throws(AuditError) -> [UInt8] {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw unreadable(path, String(cString: strerror(errno))) }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= limit {
        let count = read(fd, &buffer, buffer.count)
        if count == 0 { return bytes }
        if count > 0 {
            bytes += buffer[..<count]
        } else if errno != EINTR {
            throw unreadable(path, String(cString: strerror(errno)))
        }
    }
    throw unreadable(path, "it is larger than \(limit >> 20) MiB")
}

private func unreadable(_ path: String, _ why: String) -> AuditError {
    AuditError(
        "cannot read the suppressions: \(why)", at: path.isEmpty ? "--suppressions ''" : path,
        remedy: "give --suppressions a file that you may read", exit: .badInput)
}
