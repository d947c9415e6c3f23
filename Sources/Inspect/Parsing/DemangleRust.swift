/// A name of Rust's as its author would write it, without hashes; nil if it is none.
///
/// Both manglings: the older one, which looks like C++'s, and v0 (RFC 2603). What is nested too deeply or would get too long is none.
func demangleRust(_ symbol: String) -> String? {
    if symbol.hasPrefix("_R") {
        // LLVM adds what follows a dot.
        var reader = RustV0(symbol.dropFirst(2).prefix { $0 != "." })
        return reader.symbol()
    }
    return symbol.hasPrefix("_ZN") ? demangleLegacyRust(symbol) : nil
}

// MARK: the older mangling

/// A path of names by their lengths, of which the last is a hash: `17h` and 16 digits.
private func demangleLegacyRust(_ symbol: String) -> String? {
    var rest = symbol.dropFirst(3)
    var names: [Substring] = []
    while let digit = rest.first, digit.isWholeNumber {
        let digits = rest.prefix { $0.isWholeNumber }
        rest = rest.dropFirst(digits.count)
        guard let length = Int(digits), length <= rest.utf8.count,
            let end = rest.utf8.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex)
        else { return nil }
        names.append(rest[..<end])
        rest = rest[end...]
    }
    guard rest == "E" || rest.hasPrefix("E."), names.count > 1, let hash = names.popLast(), hash.utf8.count == 17,
        hash.first == "h", hash.dropFirst().allSatisfy(\.isHexDigit)
    else { return nil }
    return names.map(unescaped).joined(separator: "::")
}

private let escapes: [Substring: String] = [
    "SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ",",
]

private func unescaped(_ name: Substring) -> String {
    var rest = name.hasPrefix("_$") ? name.dropFirst() : name
    var text = ""
    while let next = rest.first {
        if rest.hasPrefix("..") {
            text += "::"
            rest = rest.dropFirst(2)
        } else if next == "$", let end = rest.dropFirst().firstIndex(of: "$") {
            let escape = rest[rest.index(after: rest.startIndex)..<end]
            let scalar =
                escape.hasPrefix("u") ? UInt32(escape.dropFirst(), radix: 16).flatMap(Unicode.Scalar.init) : nil
            guard let meaning = escapes[escape] ?? scalar.map({ String(Character($0)) }) else { return String(name) }
            text += meaning
            rest = rest[rest.index(after: end)...]
        } else {
            text.append(next)
            rest = rest.dropFirst()
        }
    }
    return text
}

// MARK: v0

/// Reads a mangled path from left to right. Back references lead to what was read before.
private struct RustV0 {
    private let bytes: [UInt8]
    private var next = 0
    private var depth = 0
    /// Back references to back references would take for ever without being deep.
    private var steps = 0
    private var text = ""
    private var lifetimes: UInt64 = 0
    private static let mostDepth = 128
    private static let mostSteps = 1 << 14
    private static let mostBytes = 16384

    private struct Malformed: Error {}

    init(_ symbol: Substring) { bytes = Array(symbol.utf8) }

    mutating func symbol() -> String? {
        do throws(Malformed) {
            try path(inValue: true)
            return text
        } catch {
            return nil
        }
    }

    // MARK: what it is made of

    private var peek: UInt8 { next < bytes.count ? bytes[next] : 0 }

    private mutating func take() throws(Malformed) -> UInt8 {
        guard next < bytes.count else { throw Malformed() }
        defer { next += 1 }
        return bytes[next]
    }

    private mutating func take(_ character: Character) -> Bool {
        guard peek == character.asciiValue else { return false }
        next += 1
        return true
    }

    private mutating func put(_ more: String) throws(Malformed) {
        guard text.utf8.count + more.utf8.count <= Self.mostBytes else { throw Malformed() }
        text += more
    }

    /// Digits to the base 62, and `_`: nothing is 0, and others are one more than they say.
    private mutating func number() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        if take("_") { return 0 }
        while !take("_") {
            let digit: UInt64 =
                switch try take() {
                case let c where c >= 48 && c <= 57: UInt64(c - 48)
                case let c where c >= 97 && c <= 122: UInt64(c - 97 + 10)
                case let c where c >= 65 && c <= 90: UInt64(c - 65 + 36)
                default: throw Malformed()
                }
            let (product, overflows) = value.multipliedReportingOverflow(by: 62)
            guard !overflows, product < .max - 62 else { throw Malformed() }
            value = product + digit
        }
        return value + 1
    }

    /// Which of several with the same name: 0 for the first.
    private mutating func disambiguator() throws(Malformed) -> UInt64 { take("s") ? try number() + 1 : 0 }

    private mutating func identifier() throws(Malformed) -> String {
        let isPunycode = take("u")
        var length = 0
        guard peek >= 48, peek <= 57 else { throw Malformed() }
        // A number has no zeros before it: 00 are two names without letters.
        let isEmpty = take("0")
        while !isEmpty, peek >= 48, peek <= 57, length < Self.mostBytes { length = length * 10 + Int(try take() - 48) }
        _ = take("_")
        guard length <= bytes.count - next else { throw Malformed() }
        defer { next += length }
        let name = String(decoding: bytes[next..<next + length], as: UTF8.self)
        return isPunycode ? "punycode{\(name)}" : name
    }

    /// Reads elsewhere, and goes on here.
    private mutating func backReference(_ body: (inout RustV0) throws(Malformed) -> Void) throws(Malformed) {
        let here = next - 1
        let place = try number()
        guard place < UInt64(here) else { throw Malformed() }
        let end = next
        next = Int(place)
        try nested(body)
        next = end
    }

    private mutating func nested(_ body: (inout RustV0) throws(Malformed) -> Void) throws(Malformed) {
        depth += 1
        steps += 1
        guard depth <= Self.mostDepth, steps <= Self.mostSteps else { throw Malformed() }
        try body(&self)
        depth -= 1
    }

    /// What is not said.
    private mutating func silently(_ body: (inout RustV0) throws(Malformed) -> Void) throws(Malformed) {
        let said = text
        try nested(body)
        text = said
    }

    private mutating func list(
        _ separator: String = ", ", _ body: (inout RustV0) throws(Malformed) -> Void
    ) throws(Malformed) -> Int {
        var count = 0
        while !take("E") {
            if count > 0 { try put(separator) }
            try body(&self)
            count += 1
        }
        return count
    }

    // MARK: paths

    private mutating func path(inValue: Bool) throws(Malformed) {
        try nested { reader throws(Malformed) in try reader.onePath(inValue: inValue) }
    }

    private mutating func onePath(inValue: Bool) throws(Malformed) {
        switch Character(Unicode.Scalar(try take())) {
        case "C":
            _ = try disambiguator()
            try put(try identifier())
        case "N":
            let space = Character(Unicode.Scalar(try take()))
            try path(inValue: inValue)
            let which = try disambiguator()
            let name = try identifier()
            if space.isUppercase {
                let kind = space == "C" ? "closure" : space == "S" ? "shim" : String(space)
                try put("::{\(kind)\(name.isEmpty ? "" : ":" + name)#\(which)}")
            } else if !name.isEmpty {
                try put("::" + name)
            }
        case "M":
            try implementation()
            try put("<")
            try type()
            try put(">")
        case "X":
            try implementation()
            try traitOfType()
        case "Y": try traitOfType()
        case "I":
            try path(inValue: inValue)
            try put(inValue ? "::<" : "<")
            _ = try list { reader throws(Malformed) in try reader.genericArgument() }
            try put(">")
        case "B": try backReference { reader throws(Malformed) in try reader.path(inValue: inValue) }
        default: throw Malformed()
        }
    }

    private mutating func implementation() throws(Malformed) {
        _ = try disambiguator()
        try silently { reader throws(Malformed) in try reader.path(inValue: false) }
    }

    private mutating func traitOfType() throws(Malformed) {
        try put("<")
        try type()
        try put(" as ")
        try path(inValue: false)
        try put(">")
    }

    private mutating func genericArgument() throws(Malformed) {
        if take("L") {
            try lifetime()
        } else if take("K") {
            try constant()
        } else {
            try type()
        }
    }

    /// By the number of binders between it and its own.
    private mutating func lifetime() throws(Malformed) {
        let index = try number()
        guard index <= lifetimes else { throw Malformed() }
        try put(index == 0 ? "'_" : Self.name(ofLifetime: lifetimes - index))
    }

    private static func name(ofLifetime depth: UInt64) -> String {
        depth < 26 ? "'" + String(Unicode.Scalar(UInt8(97 + depth))) : "'_\(depth)"
    }

    private mutating func binder(_ body: (inout RustV0) throws(Malformed) -> Void) throws(Malformed) {
        let before = lifetimes
        if take("G") {
            let count = try number() + 1
            guard count <= 64 else { throw Malformed() }
            try put("for<" + (0..<count).map { Self.name(ofLifetime: before + $0) }.joined(separator: ", ") + "> ")
            lifetimes += count
        }
        try body(&self)
        lifetimes = before
    }

    // MARK: types

    private static let basic: [UInt8: String] = Dictionary(
        uniqueKeysWithValues: [
            ("b", "bool"), ("c", "char"), ("e", "str"), ("u", "()"), ("a", "i8"), ("s", "i16"), ("l", "i32"),
            ("x", "i64"),
            ("n", "i128"), ("i", "isize"), ("h", "u8"), ("t", "u16"), ("m", "u32"), ("y", "u64"), ("o", "u128"),
            ("j", "usize"), ("f", "f32"), ("d", "f64"), ("z", "!"), ("p", "_"), ("v", "..."),
        ].map { (Character($0.0).asciiValue!, $0.1) })

    private mutating func type() throws(Malformed) {
        try nested { reader throws(Malformed) in try reader.oneType() }
    }

    private mutating func oneType() throws(Malformed) {
        let tag = try take()
        if let name = Self.basic[tag] { return try put(name) }
        switch Character(Unicode.Scalar(tag)) {
        case "A":
            try put("[")
            try type()
            try put("; ")
            try constant()
            try put("]")
        case "S":
            try put("[")
            try type()
            try put("]")
        case "T":
            try put("(")
            let count = try list { reader throws(Malformed) in try reader.type() }
            try put(count == 1 ? ",)" : ")")
        case "R": try reference("&")
        case "Q": try reference("&", "mut ")
        case "P":
            try put("*const ")
            try type()
        case "O":
            try put("*mut ")
            try type()
        case "F": try binder { reader throws(Malformed) in try reader.function() }
        case "D":
            try put("dyn ")
            try binder { reader throws(Malformed) in
                _ = try reader.list(" + ") { reader throws(Malformed) in try reader.dynamicTrait() }
            }
            guard take("L") else { throw Malformed() }
            if peek == Character("_").asciiValue {
                next += 1
                return
            }
            try put(" + ")
            try lifetime()
        case "B": try backReference { reader throws(Malformed) in try reader.type() }
        default:
            next -= 1
            try path(inValue: false)
        }
    }

    private mutating func reference(_ mark: String, _ mutability: String = "") throws(Malformed) {
        try put(mark)
        if take("L") {
            if peek == Character("_").asciiValue {
                next += 1
            } else {
                try lifetime()
                try put(" ")
            }
        }
        try put(mutability)
        try type()
    }

    private mutating func function() throws(Malformed) {
        if take("U") { try put("unsafe ") }
        if take("K") {
            let abi = take("C") ? "C" : try identifier().split(separator: "_").joined(separator: "-")
            try put("extern \"\(abi)\" ")
        }
        try put("fn(")
        _ = try list { reader throws(Malformed) in try reader.type() }
        try put(")")
        if take("u") { return }
        try put(" -> ")
        try type()
    }

    /// With the types that it binds: `Iterator<Item = u8>`.
    private mutating func dynamicTrait() throws(Malformed) {
        try path(inValue: false)
        var isOpen = text.hasSuffix(">")
        var hasBound = false
        while take("p") {
            if isOpen && !hasBound { text.removeLast() }
            try put(isOpen ? ", " : "<")
            (isOpen, hasBound) = (true, true)
            try put(try identifier() + " = ")
            try type()
        }
        if hasBound { try put(">") }
    }

    // MARK: constants

    private mutating func constant() throws(Malformed) {
        try nested { reader throws(Malformed) in try reader.oneConstant() }
    }

    private mutating func oneConstant() throws(Malformed) {
        let tag = Character(Unicode.Scalar(try take()))
        switch tag {
        case "p": try put("_")
        case "B": try backReference { reader throws(Malformed) in try reader.constant() }
        case "a", "s", "l", "x", "n", "i", "h", "t", "m", "y", "o", "j", "b", "c":
            if take("n") { try put("-") }
            let start = next
            while !take("_") { _ = try take() }
            let digits = String(decoding: bytes[start..<next - 1], as: UTF8.self)
            guard let value = UInt64(digits.isEmpty ? "0" : digits, radix: 16) else { return try put("0x" + digits) }
            try put(tag == "b" ? (value == 0 ? "false" : "true") : Self.text(value, isCharacter: tag == "c"))
        default: throw Malformed()
        }
    }

    private static func text(_ value: UInt64, isCharacter: Bool) -> String {
        guard isCharacter, let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else { return "\(value)" }
        return "'\(Character(scalar))'"
    }
}
