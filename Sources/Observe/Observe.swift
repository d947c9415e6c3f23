import AuditCore
import Capture
import Glibc
import Inspect
import LinuxSystem

/// Runs a program under the interposer and gathers all that the witnesses observe.
///
/// - Returns: the observation, and the signal that came for dioaudit while the program ran.
package func observe(
    _ command: Command, _ request: AuditRequest
) throws(AuditError) -> (Observation, interruption: Int32?) {
    let session = try Session(request)
    let cues = try SteadyCues(session, request)
    let interposer = findInterposer()
    // The program may remove its file, or put another in its place.
    let file = Executable.File(command: command.path)
    let subject = Subject(command: command.arguments.map(\.text), exit: SubjectExit())

    let program = command.name.contains("/") ? nil : Executable.path(of: command.name)
    let environment = environment(
        command, program.map { ByteText($0) } ?? command.arguments[0], session: session.environment,
        interposer: interposer.path)
    var launch: Launch
    do {
        launch = try Launch(
            command, environment: environment, session, request,
            Squeezer(session, slack: request.squeezeSlack), cues)
    } catch {
        if error.isOurs {
            throw systemError("fork", error.errno, at: command.name)
        }
        return (
            .ofNothing(
                subject, because: Reason("could not start: " + whyNotStarted(command.path, error.errno), .alone)), nil
        )
    }
    // Its child would be taken for one of the subject's.
    let parser = Parser()
    let ending = try launch.finish(session, parser)
    let executable = Executable(file, parser)

    var ledger = try session.ledger(of: ending.pid, ending.syscalls, ending.kernel, ending.transfers, parser)
    ledger.nameViolations(request.policy.forbidden, parser)
    ledger.noteOwnHeaps(parser)

    var observation = Observation(subject: subject, ledger: ledger, pid: ending.pid)
    observation.subject.exit = ending.exit
    observation.subject.processes = Set(ledger.processes.map(\.pid)).count
    observation.subject.threads =
        observation.subject.processes + ledger.processes.reduce(0) { $0 + Int($1.threadsCreated) }
    observation.isStatic = executable.isStatic
    observation.whyUnseen = executable.whyNotPreloaded
    observation.syscalls = ending.syscalls.witness
    observation.kernel = ending.kernel.witness(of: ledger.processes)
    observation.unknownSites = KernelSymbols.unknownSites(of: KernelLimit.unmet(request.kernelLimits, in: ledger))
    observation.transfers = ending.transfers.witness
    observation.pagesProblem = ending.transfers.pagesProblem
    observation.squeeze = ending.squeeze
    observation.window = ending.window
    observation.squeeze?.transfersAfter = ledger.squeezedTransfers
    observation.hang = ending.hang
    observation.hang?.nameFrames(parser)
    observation.nameless = parser.nameless
    observation.interposerMissing = interposer.problem
    observation.leftBehind = ending.leftBehind
    observation.memlockLimit = memlockLimit()
    observation.failure = failure(of: ending, command, expected: request.expectedStatus)
    return (observation, launch.interruption)
}

private func findInterposer() -> (path: String?, problem: Reason?) {
    do throws(AuditError) {
        let path = try Installation.interposer()
        // ld.so(8) splits LD_PRELOAD at both, and takes no escapes.
        guard !path.contains(where: { $0 == " " || $0 == ":" }) else {
            return (
                nil, Reason("the interposer cannot be loaded from a path with a space or colon: \(path)", .reinstall)
            )
        }
        return (path, nil)
    } catch {
        return (nil, Reason("there is no interposer: \(error.place): \(error.what)", Remedy(error.remedy)))
    }
}

/// The program's environment with the ledger's variable, and the interposer before all other preloaded libraries.
///
/// - Parameter program: the path by which the program is started.
private func environment(_ command: Command, _ program: ByteText, session: String, interposer: String?) -> [ByteText] {
    var variables: [ByteText] = []
    var preload = interposer.map { [ByteText($0)] } ?? []
    for variable in command.environment {
        if let libraries = variable.dropping("LD_PRELOAD=") {
            if !libraries.isEmpty { preload.append(libraries) }
        } else if let started = variable.dropping("_="), isOurs(started.text) {
            variables.append(ByteText("_=") + program)  // a shell says in it what it starts
        } else if variable.dropping("DIOAUDIT_LEDGER=") == nil {
            variables.append(variable)
        }
    }
    if let first = preload.first {
        variables.append(ByteText("LD_PRELOAD=") + preload.dropFirst().reduce(first) { $0 + ByteText(":") + $1 })
    }
    return variables + [ByteText(session)]
}

/// Whether a path leads to the program that we are.
private func isOurs(_ path: String) -> Bool {
    var (other, own) = (stat(), stat())
    return stat(path, &other) == 0 && stat("/proc/self/exe", &own) == 0 && other.st_dev == own.st_dev
        && other.st_ino == own.st_ino
}

private func failure(of ending: Ending, _ command: Command, expected: Int32) -> Reason? {
    if ending.timedOut, let limit = command.timeoutNanoseconds {
        return Reason("the subject ran longer than \(Duration.nanoseconds(Int64(limit)))", .timeout)
    }
    guard let signal = ending.exit.signal, ending.exit.status != expected else { return nil }
    let killed = "the subject was killed by signal \(signal) (\(String(cString: strsignal(signal))))"
    guard let call = forbiddenCall(of: ending, signal) else { return Reason(killed, .expect(128 + signal)) }
    return Reason("\(killed): \(call.what)", call.remedy)
}

/// What is known of a call for which a filter ended the program; nil if none did.
private func forbiddenCall(of ending: Ending, _ signal: Int32) -> (what: String, remedy: Remedy)? {
    guard let call = ForbiddenCall(endedBy: signal, of: ending.pid) else {
        guard signal == SIGSYS else { return nil }
        return (
            "a filter (seccomp(2)) forbade a system call, whose number the kernel's log did not show (it takes root, and a kernel "
                + "with audit)", .findForbidden
        )
    }
    let what = "a filter (seccomp(2)) forbade system call \(call.number) (ausyscall \(call.number) names it)"
    return switch ending.kernel.isInterposers(call.address, of: ending.pid) {
    case true?: ("\(what), which dioaudit's interposer made", .interposersCalls)
    case false?: ("\(what), which the program made itself, or a library of its", .alone)
    case nil: (what, .findForbidden)
    }
}

private func memlockLimit() -> UInt64? {
    let resource = __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)  // RLIMIT_MEMLOCK is a macro that Swift cannot read
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur != rlim_t.max else { return nil }
    return UInt64(limit.rlim_cur)
}

extension Ledger {
    fileprivate var squeezedTransfers: UInt64 {
        processes.lazy.filter { $0.squeeze == .always }.reduce(0) { $0 + $1.phases[.steady].transfers }
    }

    /// Each file is read once, however many processes have it.
    fileprivate mutating func noteOwnHeaps(_ parser: Parser) {
        var known: [LoadedFile: String?] = [:]
        func heap(_ file: LoadedFile, _ read: (Executable) -> String?) -> String? {
            if let answer = known[file] { return answer }
            let found = Executable(file.path, parser)
            let answer = read(found) ?? found.whyNotTheFile(file)
            known[file] = .some(answer)
            return answer
        }
        for index in processes.indices {
            let path = processes[index].executable
            if path.isEmpty, processes[index].attached {
                processes[index].ownHeap =
                    "which file it runs, and so whether it has a heap of its own, is not known: /proc/self/exe could not be read there; "
                    + "mount /proc where it runs, as bwrap --proc /proc does"
                continue
            }
            let modules = processes[index].modules
            let program = modules.first { $0.path == path } ?? LoadedFile(path: path, identity: nil)
            let libraries = modules.filter { $0.path != path }
            processes[index].ownHeap =
                heap(program, \.ownHeap)
                ?? libraries.lazy.compactMap { file in
                    heap(file, \.ownHeapAsLibrary).map { "\(file.path) \($0)" }
                }.first
        }
    }

    /// Names only the stacks that a verdict may show, since opening a module's debug info takes time. A free is shown where libc
    /// mapped within it.
    fileprivate mutating func nameViolations(_ strict: Set<EventKind>, _ parser: Parser) {
        let symbolizer = Symbolizer(parser)
        let indices = processes.indices
        let sites = indices.flatMap { process in
            processes[process].sites.indices.filter {
                let site = processes[process].sites[$0]
                return (strict.contains(site.kind) || site.kind == .free) && site.isOfSteady
            }.map { (process, \ProcessLedger.sites[$0].stack) }
        }
        let faults = indices.flatMap { process in
            processes[process].faultSites.indices.map { (process, \ProcessLedger.faultSites[$0].stack) }
        }
        name(sites, by: symbolizer, byFileOffset: false)
        name(faults, by: symbolizer, byFileOffset: true)
    }

    private mutating func name(
        _ places: [(process: Int, stack: WritableKeyPath<ProcessLedger, [Frame]>)], by symbolizer: Symbolizer,
        byFileOffset: Bool
    ) {
        let stacks = places.map { processes[$0.process][keyPath: $0.stack] }
        let named = symbolizer.name(stacks, of: places.map { processes[$0.process].pid }, byFileOffset: byFileOffset)
        for (place, stack) in zip(places, named) { processes[place.process][keyPath: place.stack] = stack }
    }
}
