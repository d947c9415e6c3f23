import AuditCore
import FoundationEssentials

/// A report (docs/report.schema.json) or a diagnosis, with its keys in alphabetical order so that two can be compared by
/// diff(1).
public func json(_ report: some Encodable) throws(AuditError) -> String {
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
