import AuditCore

@testable import Plans

/// Some of the options of `dioaudit run`; EndToEndTests hold the whole table against the schema.
let table = OptionTable([
    .init("scope"), .init("min-ios"), .init("timeout"), .init("phases"), .init("kernel"), .init("warmup-ios"),
    .init("forbid", repeats: true), .init("suppressions", repeats: true),
    .init("kernel-limit", repeats: true, isPair: true), .init("lock", isFlag: true),
    .init("require-lock", isFlag: true), .init("squeeze", isFlag: true),
])

func plan(_ text: String, file: String = "p.yml") throws -> Plan {
    try Plan(yaml: Array(text.utf8), file: file, options: table)
}

/// What is wrong with a plan: where, what and the remedy.
func complaint(_ text: String) -> AuditError? {
    do {
        _ = try plan(text)
        return nil
    } catch {
        return error as? AuditError
    }
}

extension Entry {
    var workload: Workload? { if case .workload(let workload, _) = work { workload } else { nil } }
    var program: Program? { if case .program(let program) = work { program } else { nil } }
    var whyNothing: String? { if case .nothing(let why) = work { why } else { nil } }
    var directory: String? { if case .workload(_, let setting) = work { setting?.values[0] } else { nil } }
    /// `timeout=30s`
    var settings: [String] { options.flatMap { option in option.values.map { "\(option.key)=\($0)" } } }
}
