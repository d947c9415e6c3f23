import AuditCore
import AuditReport

func readReports(at paths: [String]) throws(AuditError) -> [NamedReport] {
    var reports: [NamedReport] = []
    for path in paths { reports.append(NamedReport(name: path, report: try readReport(at: path))) }
    return reports
}

/// A stored report.
func readReport(at path: String) throws(AuditError) -> Report {
    try Report(stored: InputFile.report.contents(path), at: path)
}
