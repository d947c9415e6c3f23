import AuditCore
import AuditReport
import CDioauditAssertions
import Glibc
import Inspect
import LinuxSystem

/// What is to be said of a body that did not keep its promise, or of which that is not known.
struct Judgement {
    let verdict: Verdict
    /// The reason, and each place with its calls per run and its stack.
    let message: String
    /// The report, as `dioaudit run --format json` writes it.
    let report: String
}

/// Nil for a body that kept its promise.
///
/// - Parameters:
///   - runs: judged ones.
///   - unseen: what of the body was not observed.
func judge(
    _ recording: Recording, _ name: @autoclosure () -> String, by allowance: Allowance, runs: Int, unseen: Reason?
) -> Judgement? {
    let calls = recording.calls(allowance.forbidden)
    let exceeds = Double(calls) > allowance.calls
    guard exceeds || unseen != nil else { return nil }
    let process = process(recording, exceeds ? recording.sites : [])
    return judgement(
        of: process, name(), allowance, runs, exceeds ? nil : unseen,
        leavesFaults: dioaudit_assertion_leaves_faults(recording.assertion))
}

private let otherBuild = Remedy(
    "docs/testing-swift.md says under \"When it cannot count\" what a test must be built and run without")

extension Judgement {
    /// Nothing was observed.
    init(of name: String, without obstacle: String) {
        var observation = Observation(subject: subject, ledger: Ledger(), pid: nil)
        observation.interposerMissing = Reason(obstacle, otherBuild)
        verdict = .inconclusive
        message = "inconclusive: whether it allocates was not observed: \(obstacle)"
        report = DioauditTesting.report(audited(name, observation, Policy()))
    }
}

private func judgement(
    of process: ProcessLedger, _ name: String, _ allowance: Allowance, _ runs: Int, _ unseen: Reason?,
    leavesFaults: Bool
) -> Judgement {
    var observation = Observation(subject: subject, ledger: Ledger(), pid: process.pid)
    observation.ledger.processes = [process]
    observation.obstacles = unseen.map { [$0] } ?? []
    let judgesFaults = process.phases[.steady].faultsKnown
    let audit = audited(name, observation, judgesFaults ? allowance.policy : allowance.policy.withoutFaults)
    let lines =
        unseen.map { ["inconclusive: \($0.what)"] } ?? [headline(audit, allowance, runs)]
        + audit.places.prefix(mostPlaces).flatMap { placeLines($0, audit, runs) } + rest(audit)
        + (unseen == nil && leavesFaults
            ? ["page faults were not judged, since no mlockall(MCL_FUTURE) was in effect"] : [])
    return Judgement(
        verdict: unseen == nil ? .fail : .inconclusive, message: lines.joined(separator: "\n"), report: report(audit))
}

// MARK: the observation

private func process(_ recording: Recording, _ sites: [Site]) -> ProcessLedger {
    var process = ProcessLedger(pid: getpid(), parentPid: getppid(), executable: executable)
    process.phasesByMarker = true
    process.steadyReached = true
    process.phases[.steady].events = recording.counts
    for phase in Phase.allCases {
        process.phases[phase].faultsKnown = phase == .steady && recording.knowsFaults
    }
    process.lock.flags = recording.lock
    process.lock.flagsAtSteady = recording.lock
    let stacks = nameOwnStacks(sites.map(\.stack))
    process.sites = zip(sites, stacks).map { site, stack in
        var named = site
        named.stack = stack.ofTest
        return named
    }
    return process
}

extension [Frame] {
    /// Without the frames from the assertion's own on, of which the source location says enough.
    fileprivate var ofTest: [Frame] {
        let inner = prefix { frame in
            let function = frame.function ?? ""
            return !function.hasPrefix("DioauditTesting.") && !function.contains(" in DioauditTesting.")
        }
        let called = inner.reversed().drop { $0.runsTask }.reversed()
        return called.isEmpty ? self : Array(called)
    }
}

extension Frame {
    /// It runs a task's job for the executor that follows it.
    fileprivate var runsTask: Bool {
        let names = [
            "Swift.UnownedJob.runSynchronously", "swift_job_run_on_task_executor",
            "swift::runJobInEstablishedExecutorContext",
        ]
        return names.contains { function?.hasPrefix($0) ?? false }
    }
}

private var subject: Subject {
    Subject(command: CommandLine.arguments, exit: SubjectExit(code: 0), processes: 1, threads: 1)
}

private func audited(_ name: String, _ observation: Observation, _ policy: Policy) -> Audit {
    // It judges calls of libc's functions by their names, which the kernel need not confirm.
    var observation = observation
    observation.syscalls = .active
    var request = AuditRequest()
    request.phasesByMarker = true
    request.minimumTransfers = 0
    request.policy = policy
    request.lock = .never
    var audit = judge(name, observation, by: request)
    let unasked = Witness.unavailable("an assertion inside a test does not ask the kernel")
    audit.witnesses = Witnesses(
        interposer: audit.witnesses.interposer, syscalls: unasked, kernel: unasked, transfers: unasked, accounting: nil,
        pages: nil, heap: nil)
    return audit
}

// MARK: words

private let mostPlaces = 5

/// They have no stack.
private let faulted =
    ": memory was touched for the first time, or was mapped under MCL_FUTURE, which touches it. Touch it in the warm-up, or lock it there "
    + "(mlockall). Where: dioaudit run --kernel-stacks"

private var style: Style {
    guard let buffer = getcwd(nil, 0) else { return Style(coloured: false) }
    defer { free(buffer) }
    return Style(coloured: false, directories: [String(cString: buffer)])
}

private func headline(_ audit: Audit, _ allowance: Allowance, _ runs: Int) -> String {
    let kinds = EventKind.allCases.compactMap { kind -> String? in
        let calls = audit.violations.lazy.filter { $0.kind == kind }.reduce(0) { $0 + $1.calls }
        return calls > 0 ? kind.text(calls) : nil
    }
    let limit =
        allowance.calls > 0 ? ", and \(number(allowance.calls)) \(allowance.calls == 1 ? "is" : "are") allowed" : ""
    return kinds.joined(separator: ", ") + " in \(plural(runs, "run"))" + limit
}

private func placeLines(_ place: Place, _ audit: Audit, _ runs: Int) -> [String] {
    let violation = audit.violations[place.violations[0]]
    let others = place.violations.count - 1
    return [
        "\(place.kindsInWords)"
            + (runs > 1 ? ", \(Figures.hundredths(Double(place.calls) / Double(runs))) per run" : "")
            + (place.bytes > 0 ? ", \(plural(place.bytes, "byte"))" : "")
            + (violation.kind.family == .pageFault
                ? faulted : violation.stack.isEmpty ? ": the stack was not kept" : ":")
    ] + style.stackLines(violation, folded: true)
        + (others > 0 ? ["    and \(plural(others, "more stack")) from the same place"] : [])
        + (violation.isOfTasks ? [ofTasks] : [])
}

private let ofTasks =
    "    by Swift's runtime, for Task.yield or to follow a task into an actor: allowing .posixMemalign leaves it out"

extension Violation {
    fileprivate var isOfTasks: Bool {
        let makers = ["swift_task_createNullaryContinuationJob", "swift_defaultActor_enqueue"]
        return kind == .posixMemalign && stack.contains { makers.contains($0.function ?? "") }
    }
}

private func rest(_ audit: Audit) -> [String] {
    let rest = audit.places.dropFirst(mostPlaces)
    return rest.isEmpty ? [] : ["and \(plural(rest.count, "more place")): see the report that is attached"]
}

private func number(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : Figures.hundredths(value)
}

private func report(_ audit: Audit) -> String {
    (try? json(Report(machine: .current(), audits: [audit]))) ?? ""
}
