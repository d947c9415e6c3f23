import AuditCore

/// The suppressions of all files, in the order of `--suppressions`.
func readSuppressions(in paths: [String]) throws(AuditError) -> [Suppression] {
    var all: [Suppression] = []
    for path in paths { all += try Suppression.all(in: InputFile.suppressions.contents(path), file: path) }
    return all
}
