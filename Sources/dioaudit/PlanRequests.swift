import ArgumentParser
import AuditCore
import Plans

/// An entry of a plan with what its options ask for.
struct PlannedAudit {
    let entry: Entry
    let run: RunCommand
    var request: AuditRequest
    let commandTimeout: DurationOption
}

/// Reads the options of entries as `dioaudit run` reads a command line, all before the first audit.
struct PlanRequests {
    private let table: OptionTable
    /// By command line: many entries have the same.
    private var known: [[String]: (RunCommand, AuditRequest)] = [:]

    init(_ plan: Plan) {
        // The built-in plan, and fio's jobs, have no options.
        table = plan.entries.contains { !$0.options.isEmpty } ? .ofRun : OptionTable([])
    }

    mutating func planned(_ entry: Entry) throws(AuditError) -> PlannedAudit {
        let (run, request) = try request(entry)
        return PlannedAudit(
            entry: entry, run: run, request: request, commandTimeout: try commandTimeout(entry))
    }

    private mutating func request(_ entry: Entry) throws(AuditError) -> (RunCommand, AuditRequest) {
        let arguments = entry.options.flatMap { table.arguments(of: $0) }
        if let same = known[arguments] { return same }
        do {
            let parsed = try Self.parse(arguments)
            known[arguments] = parsed
            return parsed
        } catch {
            throw self.error(error, entry)
        }
    }

    private static func parse(_ arguments: [String]) throws -> (RunCommand, AuditRequest) {
        let run = try RunCommand.parse(arguments + ["--", "program"])
        return (run, try run.request())
    }

    /// At the first of its options that is wrong by itself, or at the entry where they are so together.
    private func error(_ all: any Error, _ entry: Entry) -> AuditError {
        for setting in entry.options {
            do {
                _ = try Self.parse(table.arguments(of: setting))
            } catch {
                return badInput(error, at: setting.place, setting.key)
            }
        }
        return badInput(all, at: entry.place, entry.name)
    }

    private func badInput(_ error: any Error, at place: String, _ key: String) -> AuditError {
        if let error = error as? AuditError {
            return AuditError(
                "'\(key)': \(error.place): \(error.what)", at: place, remedy: error.remedy, exit: .badInput)
        }
        return AuditError(
            "'\(key)': \(RunCommand.message(for: error))", at: place,
            remedy: "its values are those of the option: dioaudit run --help", exit: .badInput)
    }

    private func commandTimeout(_ entry: Entry) throws(AuditError) -> DurationOption {
        guard let setting = entry.commandTimeout else { return DurationOption(nanoseconds: 60_000_000_000) }
        do throws(WrongValue) {
            return try DurationOption.limit(setting.values[0])
        } catch {
            throw AuditError(
                "'command-timeout': '\(setting.values[0])': \(error)", at: setting.place,
                remedy: "correct it, or leave it out",
                exit: .badInput)
        }
    }
}
