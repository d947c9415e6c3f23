import ArgumentParser
import AuditCore
import AuditReport
import Glibc
import LinuxSystem

// Options take whatever follows them, so that '-1s' is a wrong duration and no unknown option; and each is read by a function
// whose error says which form is asked for, with an example.

/// What is wrong with a value. ArgumentParser puts the value and its option's name before it.
struct WrongValue: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What an option takes. Its type says which texts are one, for command lines and plans alike.
protocol OptionValue: Sendable {
    init(option text: String) throws(WrongValue)
}

/// For an option's `transform`.
func read<Value: OptionValue>(_ argument: String) throws(WrongValue) -> Value { try Value(option: argument) }

extension OptionValue where Self: RawRepresentable<String> & CaseIterable {
    init(option text: String) throws(WrongValue) {
        guard let value = Self(rawValue: text) else {
            let texts = Self.allCases.map(\.rawValue)
            let suggestion = text.nearest(of: texts).map { "did you mean '\($0)'? " } ?? ""
            throw WrongValue("\(suggestion)it is one of: " + texts.joined(separator: ", "))
        }
        self = value
    }
}

extension String: OptionValue {
    init(option text: String) { self = text }
}

/// `--format F[=PATH]`.
struct FormatOption<Format: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
    let format: Format
    let path: String?

    init(_ argument: String) throws(WrongValue) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let format = parts.first.flatMap(Format.init) else {
            let formats = Format.allCases.map(\.rawValue)
            throw WrongValue("the formats are \(formats.joined(separator: ", ")); to a file: json=report.json")
        }
        guard parts.last != "" else { throw WrongValue("no path after '='; to a file: \(parts[0])=report.\(parts[0])") }
        self.format = format
        path = parts.count == 2 ? parts[1] : nil
    }
}

enum ReportFormat: String, CaseIterable {
    case text, json, html, junit, sarif, github, codequality, markdown, tap, openmetrics, folded, speedscope, csv,
        suppressions

    /// Its schema, or its reader, takes one report at a time.
    var showsSeveral: Bool { self != .json && self != .suppressions }
}

/// A time span: `500ms`, `10s`, `2m`, or a plain number of seconds.
struct DurationOption: OptionValue {
    let nanoseconds: UInt64

    init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    init(option argument: String) throws(WrongValue) {
        let units: KeyValuePairs = ["ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9]
        let unit = units.first { argument.hasSuffix($0.key) } ?? (key: "", value: 1e9)
        guard let value = Double(argument.dropLast(unit.key.count)), value.isFinite else {
            throw WrongValue("a duration is a number with ns, us, ms, s (or nothing), m or h, such as 500ms, 10s or 2m")
        }
        guard value >= 0 else { throw WrongValue("a duration is not negative; write 500ms, 10s or 2m") }
        guard value * unit.value < 9e18 else { throw WrongValue("that is more than 280 years; write 10s or 2m") }
        nanoseconds = UInt64(value * unit.value)
    }
}

/// One that ends something.
struct TimeLimit: OptionValue {
    let nanoseconds: UInt64

    init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    init(option argument: String) throws(WrongValue) {
        nanoseconds = try DurationOption(option: argument).nanoseconds
        guard nanoseconds > 0 else {
            throw WrongValue("it would be over before it began; write 10s, or leave the option out for no limit")
        }
    }
}

/// `0`, `100`.
extension UInt64: OptionValue {
    init(option argument: String) throws(WrongValue) {
        guard let count = UInt64(argument) else { throw WrongValue("it takes a whole number from 0 on, such as 100") }
        self = count
    }
}

/// Transfers by direction: `4`, `read=4,write=1024`. A direction that is not named keeps its default.
struct TransfersOption: OptionValue {
    private(set) var reads: UInt64?
    private(set) var writes: UInt64?

    init(option argument: String) throws(WrongValue) {
        if let count = UInt64(argument) {
            (reads, writes) = (count, count)
            return
        }
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let (name, count) = (part.prefix { $0 != "=" }, UInt64(part.drop { $0 != "=" }.dropFirst()))
            switch name {
            case "read" where reads == nil && count != nil: reads = count
            case "write" where writes == nil && count != nil: writes = count
            default:
                throw WrongValue(
                    "it takes a whole number from 0 on, or one for each direction: 4, or read=4,write=1024")
            }
        }
    }
}

/// Bytes as fio writes them: `4096`, `64k`, `1m`, `2g`, each unit 1024 of the one before.
struct SizeOption: OptionValue {
    let bytes: UInt64

    init(option argument: String) throws(WrongValue) {
        guard let bytes = byteSize(argument) else {
            throw WrongValue("a size is a number of bytes, with k, m or g for more, such as 0, 64k or 1m")
        }
        self.bytes = bytes
    }
}

/// Options of every command that reports.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("format"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Report as text, json, html, junit, sarif, github, codequality, markdown, tap, openmetrics, folded, speedscope, csv or "
                + "suppressions, to PATH if given. Repeat it for several views.",
            valueName: "f[=path]"), transform: { try FormatOption<ReportFormat>($0) })
    var formats: [FormatOption<ReportFormat>] = []

    @Flag(help: "Say the verdict only.")
    var quiet = false

    @Flag(help: "Show every kind of event, by process and thread.")
    var verbose = false

    @Option(
        parsing: .unconditional,
        help: "How many places the text shows with their stacks, the worst first. (default: 5)", transform: read)
    var top: UInt64 = 5

    @Flag(name: .customLong("no-color"), help: "No colours, not even on a terminal. NO_COLOR does the same.")
    var noColor = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
    }
}

/// The kinds of event by group, a line for each.
private let kindsInWords: String = {
    let groups = ["heap", "mappings", "faults"].map { name in (name, (try? Policy.kinds(in: name)) ?? []) }
    let others = groups.reduce(Set(EventKind.counted)) { $0.subtracting($1.1) }
    return (groups + [("in no group", others), ("no violations by default", Policy.allowedByDefault)])
        .map { name, kinds in
            "\(name): " + EventKind.counted.filter(kinds.contains).map(\.rawValue).joined(separator: ", ") + "."
        }.joined(separator: "\n")
}()

/// Options of every command that judges a program of the user's.
struct JudgingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Kinds of event that are violations too, or 'heap', 'mappings', 'faults', 'all'.",
            discussion: kindsInWords, valueName: "kinds"))
    var forbid: [String] = []

    @Option(
        help: ArgumentHelp(
            "Kinds of event that are none, or groups of them as above. --forbid wins.", valueName: "kinds"))
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
