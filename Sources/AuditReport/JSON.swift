import AuditCore
import FoundationEssentials

/// The report of docs/report.schema.json, with its keys in alphabetical order so that two reports can be compared by
/// diff(1).
public func json(_ report: Report) throws(AuditError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    } catch {
        throw AuditError(
            "the report cannot be encoded: \(error)", at: "json", remedy: "please report this bug",
            exit: .internalError)
    }
}
