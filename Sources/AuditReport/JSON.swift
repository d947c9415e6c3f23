import AuditCore
import FoundationEssentials

/// A report (docs/report.schema.json) or a diagnosis, with its keys in alphabetical order so that two can be compared by
/// diff(1).
public func json(_ report: some Encodable) throws(AuditError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
        return spelled(String(decoding: try encoder.encode(report), as: UTF8.self)) + "\n"
    } catch {
        throw AuditError(
            "the report cannot be encoded: \(error)", at: "json", remedy: "please report this bug",
            exit: .internalError)
    }
}

/// JSON need not escape what turns the direction of writing or begins a line (U+202E, U+2028), but people look at it in terminals. Such
/// characters stand in strings only; those that lay the text out are ASCII.
private func spelled(_ json: String) -> String {
    let isDangerous = { (scalar: Unicode.Scalar) in scalar.value >= 0x7f && scalar.isInvisible }
    guard json.unicodeScalars.contains(where: isDangerous) else { return json }
    return json.unicodeScalars.reduce(into: "") { text, scalar in
        guard isDangerous(scalar) else {
            text.unicodeScalars.append(scalar)
            return
        }
        for unit in UTF16.encode(scalar)! {
            let digits = String(unit, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}
