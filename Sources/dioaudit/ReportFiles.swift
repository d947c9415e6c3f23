import AuditCore
import AuditReport

func readReports(at paths: [String]) throws(AuditError) -> [NamedReport] {
    var reports: [NamedReport] = []
    for path in paths { reports.append(NamedReport(name: path, report: try readReport(at: path))) }
    return reports
}

/// A stored report.
func readReport(at path: String) throws(AuditError) -> Report {
    try InputFile.report.pieces(path) { size, next throws(AuditError) in
        try Report(storedOf: size, at: path, from: next)
    }
}
