import ArgumentParser
import AuditCore
import Plans

/// An entry of a plan with what its options ask for.
struct PlannedAudit {
    let entry: Entry
    let run: RunCommand
    var request: AuditRequest
    let commandTimeout: TimeLimit
}

/// Reads the options of entries as `dioaudit run` reads a command line, all before the first audit.
struct PlanRequests {
    /// Without an option: the parser knows what each is then.
    private let plain: RunCommand
    /// By options: many entries have the same.
    private var known: [[[String]]: (RunCommand, AuditRequest)] = [:]

    init() {
        do { plain = try RunCommand.parse(["--", "program"]) } catch {
            fatalError("'dioaudit run' needs an option: \(error)")
        }
    }

    mutating func planned(_ entry: Entry) throws(AuditError) -> PlannedAudit {
        var (run, request) = try request(entry)
        request.runs = entry.repeats
        return PlannedAudit(
            entry: entry, run: run, request: request, commandTimeout: try commandTimeout(entry))
    }

    private mutating func request(_ entry: Entry) throws(AuditError) -> (RunCommand, AuditRequest) {
        let options = entry.options.map { [$0.key] + $0.values }
        if let same = known[options] { return same }
        var run = try run(with: entry.options)
        do {
            try run.checkTogether()
            let request = try run.request()
            known[options] = (run, request)
            return (run, request)
        } catch {
            throw self.error(error, entry)
        }
    }

    private func run(with settings: [Setting]) throws(AuditError) -> RunCommand {
        var run = plain
        for setting in settings {
            do throws(WrongValue) {
                // The reader of plans takes no other key.
                try RunOption.byName[setting.key]!.set(&run, setting.values)
            } catch {
                throw wrongValue(error, of: setting)
            }
        }
        return run
    }

    /// At the first of its options that is wrong by itself, or at the entry where they are so together.
    private func error(_ all: any Error, _ entry: Entry) -> AuditError {
        for setting in entry.options {
            do {
                var run = try run(with: [setting])
                try run.checkTogether()
                _ = try run.request()
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

    private func wrongValue(_ error: WrongValue, of setting: Setting) -> AuditError {
        AuditError(
            "'\(setting.key)': \(error)", at: setting.place, remedy: "correct it, or leave it out", exit: .badInput)
    }

    private func commandTimeout(_ entry: Entry) throws(AuditError) -> TimeLimit {
        guard let setting = entry.commandTimeout else { return TimeLimit(nanoseconds: 60_000_000_000) }
        do throws(WrongValue) { return try RunOption.value(setting.values[0]) } catch {
            throw wrongValue(error, of: setting)
        }
    }
}
