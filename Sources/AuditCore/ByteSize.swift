/// Bytes as fio writes them: `4096`, `64k`, `1m`, `2g`, `64kib`, each unit 1024 of the one before. Null if it is none, or 2^50 bytes or
/// more.
public func byteSize(_ text: String) -> UInt64? {
    let lowercase = text.lowercased()
    let digits = lowercase.prefix { ("0"..."9").contains($0) }
    var unit = lowercase[digits.endIndex...]
    let shifts: [Character: UInt64] = ["k": 10, "m": 20, "g": 30, "t": 40]
    var shift: UInt64 = 0
    if let first = unit.first, let known = shifts[first] {
        shift = known
        unit = unit.dropFirst()
        if unit == "ib" || unit == "b" || unit == "i" { unit = "" }
    }
    guard unit.isEmpty, let number = UInt64(digits) else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflows || bytes >= 1 << 50 ? nil : bytes
}
