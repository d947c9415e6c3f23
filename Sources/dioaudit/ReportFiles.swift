import AuditCore
import AuditReport
import LinuxSystem

func readReports(at paths: [String]) throws(AuditError) -> [NamedReport] {
    var reports: [NamedReport] = []
    for path in paths { reports.append(NamedReport(name: path, report: try readReport(at: path))) }
    return reports
}

/// A stored report.
func readReport(at path: String) throws(AuditError) -> Report {
    try Report(stored: contents(ofReport: path), at: path)
}

private func contents(ofReport path: String) throws(AuditError) -> [UInt8] {
    let file: FileDescriptor
    do throws(FileRefusal) {
        file = try FileDescriptor(openingRegular: path)
    } catch {
        throw unreadable(path, error.description)
    }
    defer { file.closeQuietly() }
    let bytes: [UInt8]
    do throws(Errno) {
        // A larger one is not read at all; one that grows meanwhile, as far as the bound.
        guard try file.size() <= Report.mostBytes else { throw Errno.fileTooLarge }
        bytes = try file.readAll(atMost: Report.mostBytes)
        guard bytes.count <= Report.mostBytes else { throw Errno.fileTooLarge }
    } catch {
        throw unreadable(
            path, error == .fileTooLarge ? "it is larger than \(Report.mostBytes >> 20) MiB" : error.description)
    }
    return bytes
}

private func unreadable(_ path: String, _ why: String) -> AuditError {
    AuditError(
        "cannot read the report: \(why)", at: path.isEmpty ? "''" : path,
        remedy: "give a report that --format json=PATH wrote, as a file that you may read", exit: .badInput)
}
