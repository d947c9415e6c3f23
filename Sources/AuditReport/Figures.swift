/// Figures as people read them.
package enum Figures {
    /// With the binary prefix that leaves a number below 1024: `3.9 MiB`.
    package static func bytes(_ count: UInt64) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(count) B" : "\(tenths(value)) \(unit)" }
            value /= 1024
        }
        return "\(tenths(value)) TiB"
    }

    package static func duration(nanoseconds: UInt64) -> String {
        var value = Double(nanoseconds)
        for unit in ["ns", "µs", "ms"] {
            if value < 1000 { return unit == "ns" ? "\(nanoseconds) ns" : "\(tenths(value)) \(unit)" }
            value /= 1000
        }
        return "\(tenths(value)) s"
    }

    package static func count(_ count: some BinaryInteger, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// `0.03`
    package static func hundredths(_ value: Double) -> String {
        decimal(value, places: 2)
    }

    /// With so many digits after the point, of a number that is not negative.
    static func decimal(_ value: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        guard value * scale < 1e17 else { return "\(value)" }
        let digits = String(UInt64((value * scale).rounded()))
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    /// The same, but what is not zero never reads as if it were.
    package static func rate(_ value: Double) -> String {
        value > 0 && value < 0.005 ? "<0.01" : hundredths(value)
    }

    private static func tenths(_ value: Double) -> String {
        "\((value * 10).rounded() / 10)"
    }
}
