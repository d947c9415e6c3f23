import AuditCore
import LinuxSystem

/// The suppressions of all files, in the order of `--suppressions`.
func readSuppressions(in paths: [String]) throws(AuditError) -> [Suppression] {
    var all: [Suppression] = []
    for path in paths { all += try Suppression.all(in: contents(ofSuppressions: path), file: path) }
    return all
}

/// A bound that no written file reaches: a device would never end.
private let limit = 16 << 20

private func contents(ofSuppressions path: String) throws(AuditError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(Errno) {
        let file = try FileDescriptor(opening: path, .readOnly)
        defer { file.closeQuietly() }
        bytes = try file.readAll(atMost: limit)
    } catch {
        throw unreadable(path, error.description)
    }
    guard bytes.count <= limit else { throw unreadable(path, "it is larger than \(limit >> 20) MiB") }
    return bytes
}

private func unreadable(_ path: String, _ why: String) -> AuditError {
    AuditError(
        "cannot read the suppressions: \(why)", at: path.isEmpty ? "--suppressions ''" : path,
        remedy: "give --suppressions a file that you may read", exit: .badInput)
}
