import AuditCore
import CLinuxHost
import Capture
import Glibc
import Inspect
import LinuxSystem

/// A program to start. It inherits all else: standard streams, process group, signals.
package struct Command: Sendable {
    package var arguments: [ByteText]
    /// Variables of its environment beside ours, or in place of them.
    package var variables: [(name: String, value: String)] = []
    /// Where it runs; null for where we do.
    package var directory: String?
    /// Replaces its standard output and error; null leaves them.
    package var output: FileDescriptor?
    package var error: FileDescriptor?
    /// It gets SIGTERM after this long, and SIGKILL two seconds later.
    package var timeoutNanoseconds: UInt64?
    /// How long to wait for processes that outlive it, daemons among them.
    package var lingerNanoseconds: UInt64 = 5_000_000_000

    package init(_ arguments: [ByteText]) {
        self.arguments = arguments
    }

    /// As it is named to a reader.
    var name: String { arguments[0].text }

    /// The same from where we run; a name without a slash is looked for on PATH.
    var path: String {
        guard let directory, name.contains("/"), !name.hasPrefix("/") else { return name }
        return "\(directory)/\(name)"
    }

    var environment: [ByteText] {
        let others = ByteText.environment().filter { variable in
            !variables.contains { variable.dropping("\($0.name)=") != nil }
        }
        return others + variables.map { ByteText("\($0.name)=\($0.value)") }
    }
}

/// How a program that was started ended.
struct Ending {
    let pid: Int32
    let exit: SubjectExit
    var timedOut = false
    /// Other processes that it started and that have not ended; null if there are none.
    var leftBehind: [Int32]?
    let syscalls: SyscallsView
    let kernel: KernelView
    let transfers: TransfersView
    let squeeze: Squeeze?
    let window: SteadyWindow
    /// The stacks of its threads when its time was over.
    let hang: Hang?
}

/// A program that runs, watched, until it and all that it has started have ended.
struct Launch: ~Copyable {
    private let command: Command
    private var child = cl_child()
    private var events = KernelEvents()
    private var book = SyscallsBook()
    private var ancestry = Ancestry()
    private var kernelBook = KernelBook()
    private var transfersBook = TransfersBook()
    private var kernelPhases: KernelPhases
    private var untracedFaults = UntracedFaults()
    private var pagesBook = PagesBook()
    private let findsPhases: Bool
    private var flushers = IOFlushers()
    private var squeezer: Squeezer?
    private var cues: SteadyCues?
    private var ledgerSocket: LedgerSocket?
    private var enough = 4096
    private var deadline: UInt64?
    private var timedOut = false
    private var hang: Hang?
    private var hasEnded = false
    private(set) var interruption: Int32?
    private var interruptions = 0

    /// Starts the program and waits until exec has succeeded or failed.
    ///
    /// - Throws: `StartFailure` if it could not.
    init(
        _ command: Command, environment: [ByteText], _ session: borrowing Session,
        _ request: AuditRequest, _ squeezer: consuming Squeezer? = nil, _ cues: consuming SteadyCues? = nil
    ) throws(StartFailure) {
        self.command = command
        self.squeezer = squeezer
        self.cues = cues
        kernelPhases = KernelPhases(request.warmup)
        findsPhases = !request.phasesByMarker
        ledgerSocket = LedgerSocket(session)
        Interruption.hold()
        let choice = events.prepare(
            request.syscalls, kernel: request.kernel != .off, stacks: request.kernelStacks)
        let mode = choice == .seccomp ? CL_WATCH_SECCOMP : CL_WATCH_FROM_OUTSIDE
        var child = cl_child()
        let started = withCStrings(command.arguments) { arguments in
            withCStrings(environment) { environment in
                cl_spawn(
                    arguments, environment, command.directory, command.output?.rawValue ?? -1,
                    command.error?.rawValue ?? -1, mode, &child)
            }
        }
        do { try granted(started) } catch { throw StartFailure(errno: error, isOurs: true) }
        self.child = child
        events.begin(child, choice)
        self.squeezer?.take(child.pid)
        cl_go(&self.child)
        deadline = command.timeoutNanoseconds.map { monotonicNanoseconds() + $0 }
        try waitUntilStarted()
    }

    private mutating func waitUntilStarted() throws(StartFailure) {
        while !cl_can_be_read(child.failure) { wait(for: [child.failure], until: deadline) }
        do { try granted(cl_started(&child)) } catch { throw StartFailure(errno: error) }
    }

    /// Waits for the program's end, and then a while for the end of processes that it left behind.
    mutating func finish(_ session: borrowing Session, _ parser: Parser) throws(AuditError) -> Ending {
        var status = cl_exit()
        while !cl_reap(child.pid, &status) {
            wait(until: deadline)
            try fold(session, before: quietNanoseconds())
        }
        let exit = SubjectExit(
            code: status.code < 0 ? nil : status.code, signal: status.signal == 0 ? nil : status.signal)
        hasEnded = true
        let linger = min(monotonicNanoseconds() + command.lingerNanoseconds, deadline ?? .max)
        while cl_descendants_run(), interruption == nil, !timedOut, monotonicNanoseconds() < linger {
            wait(until: linger)
            try fold(session, before: quietNanoseconds())
        }
        if interruption != nil || timedOut { endDescendants() }
        let descendantsRun = cl_descendants_run()
        events.finish()
        try fold(session, before: .max)
        squeezer?.finish()
        cues?.finish()
        if descendantsRun { events.serveOn() }
        return Ending(
            pid: child.pid, exit: exit, timedOut: timedOut, leftBehind: descendantsRun ? Descendants.running() : nil,
            syscalls: SyscallsView(book, events.syscalls),
            kernel: KernelView(kernelBook, events.kernel, flushers, parser),
            transfers: TransfersView(transfersBook, kernelPhases, untracedFaults, pagesBook, events.transfers),
            squeeze: squeezer?.outcome, window: cues?.window ?? SteadyWindow(), hang: hang)
    }

    /// Who ends the audit means the whole program. What goes on after two seconds is named in the report.
    private mutating func endDescendants() {
        guard cl_descendants_run() else { return }
        Descendants.terminate()
        let (limit, before) = (monotonicNanoseconds() + 2_000_000_000, interruptions)
        while cl_descendants_run(), interruptions == before, monotonicNanoseconds() < limit { wait(until: limit) }
    }

    /// Waits once, and handles what came.
    private mutating func wait(for others: [Int32] = [], until limit: UInt64?) {
        let now = monotonicNanoseconds()
        let descriptors = events.descriptors + others + (ledgerSocket?.descriptors(at: now) ?? [])
        var limit = [limit, ledgerSocket?.rest(at: now)].compactMap(\.self).min()
        if squeezer != nil { limit = min(limit ?? .max, now + Squeezer.latency) }
        if cues?.isForFile == true { limit = min(limit ?? .max, now + SteadyCues.latency) }
        var signal = cl_signal()
        switch cl_wait(remaining(until: limit), descriptors, Int32(descriptors.count), &signal) {
        case CL_FROM_CHILD, CL_FROM_DESCRIPTOR, CL_FROM_TIMEOUT: break
        case _ where cues?.take(signal.number) == true: break
        default:
            if signal.ends { interrupt(signal.number) }
            if !signal.reached_child, !hasEnded { cl_pass_on(&signal, child.pid) }
        }
        // Whatever came: there may be something to read at any time.
        if !hasEnded, let deadline, monotonicNanoseconds() >= deadline { endIt() }
        ledgerSocket?.answer()
        squeezer?.answer()
        cues?.look()
        events.drain()
    }

    private mutating func interrupt(_ signal: Int32) {
        interruption = signal
        interruptions += 1
    }

    private mutating func endIt() {
        if !timedOut { hang = command.timeoutNanoseconds.map(Hang.capture) }
        kill(child.pid, timedOut ? SIGKILL : SIGTERM)
        deadline = monotonicNanoseconds() + 2_000_000_000
        timedOut = true
    }

    /// Finds the phases of records, when there are many or at the end.
    private mutating func fold(_ session: borrowing Session, before limit: UInt64) throws(AuditError) {
        guard limit == .max || events.pending >= enough else { return }
        let calls = events.syscalls.pending.take(before: limit)
        let records = events.kernel.pending.take(before: limit)
        let transfers = events.transfers.pending.take(before: limit)
        let pages = events.transfers.pages.take(before: limit)
        // What is too young stays; to sort it again for each new record would be quadratic.
        enough = 4096 + 2 * events.pending
        guard !calls.isEmpty || !records.isEmpty || !transfers.isEmpty || !pages.isEmpty else { return }
        ancestry.note(records)
        var phases = try session.phaseBook(events.syscalls.execs)
        if findsPhases {
            kernelPhases.add(
                transfers, phases, events.syscalls.execs, ancestry, cues?.window ?? SteadyWindow(), before: limit)
        }
        kernelPhases.add(to: &phases)
        book.add(calls, phases)
        flushers.look(at: kernelBook.add(records, phases, ancestry, events.kernel.texts, events.kernel.stacks))
        transfersBook.add(transfers, phases, ancestry)
        // Without the kernel witness they would all seem to be untraced.
        if events.kernel.problem == nil { untracedFaults.add(transfers, records, phases, ancestry) }
        pagesBook.add(pages, transfers, records, phases, ancestry)
    }
}

/// Records older than this are complete: no ring holds them back, and no edge of a phase is still being written.
func quietNanoseconds() -> UInt64 {
    monotonicNanoseconds() - 200_000_000
}

struct StartFailure: Error {
    let errno: Errno
    /// There was no child at all: not the program's fault.
    var isOurs = false
}
