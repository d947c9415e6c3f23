/// A name from outside in one line, which a terminal only shows: characters that begin a line, move the cursor or turn the
/// direction of writing are spelled by their numbers.
///
/// TRAP: a thread's, region's, file's or function's name may hold a line of a report. Test: TextTests.namesFromOutsideAreOneLine
public func printable(_ name: String) -> String {
    // Nearly every name is plain ASCII.
    if name.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return name }
    guard name.unicodeScalars.contains(where: \.isInvisible) else { return name }
    return name.unicodeScalars.reduce(into: "") { text, scalar in
        if scalar.isInvisible {
            let digits = String(scalar.value, radix: 16)
            text += scalar.value < 256 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
}

extension Unicode.Scalar {
    package var isInvisible: Bool {
        if isASCII { return value < 0x20 || value == 0x7f }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        // XML and YAML have none of these.
        case .unassigned: properties.isNoncharacterCodePoint
        default: false
        }
    }
}
