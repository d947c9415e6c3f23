/// A name for bits of a number, as `__print_flags` in a tracepoint's format gives it: one bit, or several at once.
public struct FlagName: Equatable, Sendable {
    public let mask: UInt64
    public let name: String

    public init(mask: UInt64, name: String) {
        self.mask = mask
        self.name = name
    }

    /// Those of a `print fmt:` line: `__print_flags(REC->gfp_flags, "|", {( unsigned long)(…), "GFP_KERNEL"}, …)`.
    ///
    /// A flag whose number is unknown (the kernel has not replaced a constant's name) is left out.
    static func all(in line: Substring) -> [FlagName] {
        guard let start = line.firstRange(of: "__print_flags(")?.upperBound else { return [] }
        var names: [FlagName] = []
        var rest = line[start...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if let name = FlagName(entry: rest[rest.index(after: open)..<close]) { names.append(name) }
            rest = rest[close...].dropFirst()
        }
        return names
    }

    /// `( unsigned long)(( gfp_t)((((1UL))) << (6))), "__GFP_IO"`
    private init?(entry: Substring) {
        guard let comma = entry.lastIndex(of: ","), let mask = CExpression.value(of: entry[..<comma]), mask != 0 else {
            return nil
        }
        let quoted = entry[comma...].split(separator: "\"", omittingEmptySubsequences: false)
        guard quoted.count == 3 else { return nil }
        self.init(mask: mask, name: String(quoted[1]))
    }
}

/// Integer constants as the preprocessor leaves them: numbers, casts, `| & ~ << >> + -` and parentheses.
struct CExpression {
    private var rest: ArraySlice<UInt8>
    private var depth = 0

    /// Null for anything else.
    static func value(of text: Substring) -> UInt64? {
        var parser = CExpression(rest: Array(text.utf8)[...])
        guard let value = parser.or() else { return nil }
        parser.skipSpace()
        return parser.rest.isEmpty ? value : nil
    }

    private init(rest: ArraySlice<UInt8>) {
        self.rest = rest
    }

    private mutating func or() -> UInt64? {
        guard var value = and() else { return nil }
        while accept("|") {
            guard let right = and() else { return nil }
            value |= right
        }
        return value
    }

    private mutating func and() -> UInt64? {
        guard var value = shift() else { return nil }
        while accept("&") {
            guard let right = shift() else { return nil }
            value &= right
        }
        return value
    }

    private mutating func shift() -> UInt64? {
        guard var value = sum() else { return nil }
        while true {
            if accept("<<") {
                guard let right = sum(), right < 64 else { return nil }
                value <<= right
            } else if accept(">>") {
                guard let right = sum(), right < 64 else { return nil }
                value >>= right
            } else {
                return value
            }
        }
    }

    private mutating func sum() -> UInt64? {
        guard var value = unary() else { return nil }
        while true {
            if accept("+") {
                guard let right = unary() else { return nil }
                value &+= right
            } else if accept("-") {
                guard let right = unary() else { return nil }
                value &-= right
            } else {
                return value
            }
        }
    }

    private mutating func unary() -> UInt64? {
        // Text from the kernel is shallow; the limit is for text that is not.
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { return nil }
        if accept("~") { return unary().map(~) }
        guard accept("(") else { return number() }
        if acceptTypeName() { return unary() }
        guard let value = or(), accept(")") else { return nil }
        return value
    }

    /// The inside of a cast and its closing parenthesis.
    private mutating func acceptTypeName() -> Bool {
        let start = rest
        skipSpace()
        let word = rest.prefix { $0 == UInt8(ascii: " ") || isWordCharacter($0) }
        guard let first = word.first, !isDigit(first) else {
            rest = start
            return false
        }
        rest = rest.dropFirst(word.count)
        if accept(")") { return true }
        rest = start
        return false
    }

    private mutating func number() -> UInt64? {
        skipSpace()
        var word = rest.prefix(while: isWordCharacter)
        rest = rest.dropFirst(word.count)
        while let last = word.last, "uUlL".utf8.contains(last) { word = word.dropLast() }
        let text = String(decoding: word, as: UTF8.self)
        return text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    private mutating func accept(_ token: StaticString) -> Bool {
        skipSpace()
        let bytes = UnsafeBufferPointer(start: token.utf8Start, count: token.utf8CodeUnitCount)
        guard rest.starts(with: bytes) else { return false }
        rest = rest.dropFirst(bytes.count)
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private func isWordCharacter(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
