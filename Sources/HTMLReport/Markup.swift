import AuditCore

/// HTML. A literal is taken as it is written; whatever is interpolated is text and escaped, unless it is markup itself. So a
/// name from outside cannot become a tag, an attribute or a script.
struct Markup: ExpressibleByStringInterpolation {
    private(set) var html: String

    init(stringLiteral literal: String) {
        html = literal
    }

    init(stringInterpolation interpolation: StringInterpolation) {
        html = interpolation.html
    }

    init(_ parts: some Sequence<Markup>) {
        html = ""
        for part in parts { html += part.html }
    }

    /// A file of this target's own: a stylesheet or a script.
    init(ownResource bytes: [UInt8]) {
        html = String(decoding: bytes, as: UTF8.self)
    }

    static func += (left: inout Self, right: Self) { left.html += right.html }

    static func + (left: Self, right: Self) -> Self { Markup([left, right]) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var html = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            html.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { html += literal }

        mutating func appendInterpolation(_ text: String) { html += escaped(text) }

        mutating func appendInterpolation(_ number: some FixedWidthInteger) { html += String(number) }

        mutating func appendInterpolation(_ markup: Markup) { html += markup.html }

        /// Nothing for nil.
        mutating func appendInterpolation(_ markup: Markup?) { html += markup?.html ?? "" }

        mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { html += part.html } }
    }
}

/// For what is there or not, such as an attribute. (A literal that `?:` chooses would be text.)
func when(_ condition: Bool, _ markup: Markup) -> Markup { condition ? markup : "" }

/// Nobody reads more of one name, and a report may hold thousands of the longest.
private let mostCharacters = 2000

/// Text for an element or a quoted attribute. What a browser would not show, or would let turn the direction of writing, is
/// spelled by its number, as in the other formats.
///
/// TRAP: a character of Swift's may be a quotation mark with an accent, which ends an attribute all the same. So it goes by
/// Unicode scalars. Test: HTMLTests.hostileNamesAreText
private func escaped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let most =
        scalars.index(scalars.startIndex, offsetBy: mostCharacters, limitedBy: scalars.endIndex) ?? scalars.endIndex
    let shown = printable(String(scalars[..<most]))
    let escapes: (UInt8) -> String? = { byte in
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
    var escaped = shown
    if shown.utf8.contains(where: { escapes($0) != nil }) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(shown.utf8.count + 16)
        for byte in shown.utf8 {
            if let escape = escapes(byte) { bytes += escape.utf8 } else { bytes.append(byte) }
        }
        escaped = String(decoding: bytes, as: UTF8.self)
    }
    guard most < scalars.endIndex else { return escaped }
    return escaped + "… (\(scalars.distance(from: most, to: scalars.endIndex)) characters more)"
}
