import ArgumentParser
import AuditCore
import AuditReport
import Glibc

/// `--format F[=PATH]`.
struct FormatOption: ExpressibleByArgument {
    enum Format: String, CaseIterable {
        case text, json, suppressions
    }

    let format: Format
    let path: String?

    init?(argument: String) {
        guard let view = splitView(argument), let format = Format(rawValue: view.format) else { return nil }
        (self.format, path) = (format, view.path)
    }
}

/// `F[=PATH]` in its parts; nil if it is not of that form.
func splitView(_ argument: String) -> (format: String, path: String?)? {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return parts.last == "" ? nil : (parts[0], parts.count == 2 ? parts[1] : nil)
}

/// A time span: `500ms`, `10s`, `2m`, or a plain number of seconds.
struct DurationOption: ExpressibleByArgument {
    let nanoseconds: UInt64

    init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    var defaultValueDescription: String { "\(nanoseconds / 1_000_000_000)s" }

    init?(argument: String) {
        let units: KeyValuePairs = ["ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9]
        let unit = units.first { argument.hasSuffix($0.key) } ?? (key: "", value: 1e9)
        guard let value = Double(argument.dropLast(unit.key.count)), value >= 0, value * unit.value < 9e18 else {
            return nil
        }
        nanoseconds = UInt64(value * unit.value)
    }
}

/// Bytes as fio writes them: `4096`, `64k`, `1m`, `2g`, each unit 1024 of the one before.
struct SizeOption: ExpressibleByArgument {
    let bytes: UInt64

    init?(argument: String) {
        let units: KeyValuePairs<Character, UInt64> = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        let unit = units.first { argument.lowercased().last == $0.key }
        let (value, overflows) = (UInt64(argument.dropLast(unit == nil ? 0 : 1)) ?? .max)
            .multipliedReportingOverflow(by: unit?.value ?? 1)
        guard !overflows, value < 1 << 50 else { return nil }
        bytes = value
    }
}

/// Options of every command that reports.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("format"),
        help: ArgumentHelp(
            "Report as text, json or suppressions, to PATH if given. Repeat it for several views.",
            valueName: "f[=path]"))
    var formats: [FormatOption] = []

    @Flag(help: "Say the verdict only.")
    var quiet = false

    @Flag(help: "Show every kind of event, by process and thread.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colours, not even on a terminal. NO_COLOR does the same.")
    var noColor = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
    }
}

/// Options of every command that judges a program of the user's.
struct JudgingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Kinds of event that are violations too, or 'all'.", valueName: "kinds"))
    var forbid: [String] = []

    @Option(help: ArgumentHelp("Kinds of event that are none, or 'all'. --forbid wins.", valueName: "kinds"))
    var allow: [String] = []

    @Option(
        help: ArgumentHelp(
            "Violations that are known and accepted: see docs/suppressions.md. --format suppressions writes them.",
            valueName: "file"))
    var suppressions: [String] = []

    func policy() throws(AuditError) -> Policy {
        Policy(allow: try kinds(allow), forbid: try kinds(forbid))
    }

    private func kinds(_ lists: [String]) throws(AuditError) -> Set<EventKind> {
        var kinds = Set<EventKind>()
        for list in lists { kinds.formUnion(try Policy.kinds(in: list)) }
        return kinds
    }
}
