import AuditCore
import Glibc
import LinuxSystem
import Observe
import Plans

/// Audits one entry of a plan: as often as it says, each time between its set-up and its tear-down.
struct EntryAudit {
    let planned: PlannedAudit
    /// Where a workload's file goes that names no other place.
    let directory: String

    /// Null for the audit if a signal came that ends dioaudit.
    func audit() throws(AuditError) -> (Audit?, interruption: Int32?) {
        var runs: [Audit] = []
        for _ in 0..<planned.request.runs {
            let (audit, interruption) = try once()
            if let signal = interruption ?? Interruption.next() { return (nil, signal) }
            runs.append(audit)
        }
        return (.worst(of: runs), nil)
    }

    private func once() throws(AuditError) -> (Audit, interruption: Int32?) {
        var request = planned.request
        var (observation, interruption) = try observeBetweenCommands(&request)
        // They are no part of the next one. A signal that is not taken here would be the tear-down's.
        interruption = Descendants.end() ?? Interruption.next() ?? interruption
        let tearDown = try run(planned.entry.tearDown, called: "tear-down")
        if let failure = tearDown.failure { observation.failure = observation.failure ?? Reason(failure, .alone) }
        var audit = judge(planned.entry.name, observation, by: request)
        audit.notes = planned.entry.notes + audit.notes
        return (audit, interruption ?? tearDown.interruption)
    }

    private func observeBetweenCommands(
        _ request: inout AuditRequest
    ) throws(AuditError) -> (Observation, interruption: Int32?) {
        let setUp: Unobserved
        do throws(AuditError) {
            setUp = try run(planned.entry.setUp, called: "set-up")
            if let failure = setUp.failure ?? setUp.interruption.map({ "set-up was ended by signal \($0)" }) {
                return (.ofNothing(subject, because: Reason(failure, .alone)), setUp.interruption)
            }
            return try observe(&request)
        } catch {
            // What was set up is taken down whatever came between.
            _ = try run(planned.entry.tearDown, called: "tear-down")
            throw error
        }
    }

    // MARK: the subject

    private var subject: Subject {
        if case .program(let program) = planned.entry.work {
            return Subject(command: program.command, exit: SubjectExit())
        }
        return Subject(command: [], exit: SubjectExit())
    }

    private func observe(_ request: inout AuditRequest) throws(AuditError) -> (Observation, interruption: Int32?) {
        switch planned.entry.work {
        case .workload(let workload, let place):
            let scratch = try ScratchDirectory(in: place?.values[0] ?? directory)
            let file = "\(scratch.path)/data"
            defer { unlink(file) }
            return try dioaudit.observe(
                workload, driver: Installation.driver(), file: file, &request, timeout: planned.run.timeout)
        case .program(let program):
            if let problem = problem(withDirectory: program.directory) {
                return (.ofNothing(subject, because: Reason(problem, .planDirectory)), nil)
            }
            var command = planned.run.subject(program.command.map(ByteText.init))
            command.variables = program.environment
            command.directory = program.directory
            // Standard output is the report's.
            command.output = .standardError
            return try Observe.observe(command, request)
        case .nothing(let why):
            let reason = Reason(why, .otherPlan)
            var observation = Observation.ofNothing(subject, because: reason)
            observation.failure = nil
            observation.obstacles = [reason]
            return (observation, nil)
        }
    }

    private func problem(withDirectory directory: String?) -> String? {
        guard let directory, access("\(directory)/.", X_OK) != 0 else { return nil }
        return "could not start: its working directory \(directory): \(Errno.last)"
    }

    // MARK: set-up and tear-down

    /// Runs commands one after the other up to the first that fails. What each leaves running is ended.
    private func run(_ commands: [[String]], called name: String) throws(AuditError) -> Unobserved {
        for words in commands {
            let output = try memoryFile("dioaudit-\(name)", for: "what the \(name) says")
            defer { output.closeQuietly() }
            var command = Command(words.map(ByteText.init))
            command.output = output
            command.error = output
            command.timeoutNanoseconds = planned.commandTimeout.nanoseconds
            command.lingerNanoseconds = 0
            if case .program(let program) = planned.entry.work {
                command.directory = program.directory
                command.variables = program.environment
            }
            var outcome = try runUnobserved(command)
            outcome.interruption = Descendants.end() ?? outcome.interruption
            if let failure = outcome.failure {
                outcome.failure =
                    "\(name) failed: '\(words.joined(separator: " "))' \(failure): \(contents(of: output))"
            }
            if outcome.failure != nil || outcome.interruption != nil { return outcome }
        }
        return .success
    }
}
