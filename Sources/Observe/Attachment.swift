import AuditCore
import CLinuxHost
import Capture
import Glibc
import Inspect
import LinuxSystem

/// Watches a process that runs already, from outside, and leaves it running. Throws at once if no witness can watch it.
///
/// - Parameters:
///   - request: only its scope and `kernelStacks` are used here.
///   - probesHeap: puts breakpoints (uprobes) into the process's copy of libc.
///   - nanoseconds: how long; nil: until a signal, or the process's own end.
///   - begun: called, with the number of its threads, when all its events are being watched.
package func observe(
    pid: Int32, _ request: AuditRequest, probesHeap: Bool, for nanoseconds: UInt64?, begun: (_ threads: Int) -> Void
) throws(AuditError) -> Observation {
    let live = try LiveProcess(pid)
    Interruption.hold()
    defer { Interruption.release() }
    var attachment = Attachment(live, request, probesHeap: probesHeap)
    if let refusal = attachment.refusal(live) { throw refusal }
    begun(attachment.threads)
    attachment.watch(live, nanoseconds)
    return attachment.finish(live, request)
}

/// The witnesses of a process that runs already. All events from `since` on count in its steady phase.
struct Attachment: ~Copyable {
    private var events = KernelEvents()
    private var kernelBook: KernelBook
    private var flushers = IOFlushers()
    private var syscallsBook = SyscallsBook()
    private var heapBook: HeapBook
    private var transfersBook = TransfersBook()
    private var pagesBook = PagesBook()
    /// The files of code that it had mapped when the watch began.
    private let code: Set<CodeFile>
    /// Processes that shared its memory when the watch began; null if that is not known.
    private var sharers: [Int32]?
    private let heap: HeapProbes
    /// Its user.
    private let owner: UInt32
    private var uprobes: Uprobes?
    /// Why its heap calls are not seen; null if they are.
    private var heapProblem: String?
    private var isWhole = false
    private var since: UInt64 = 0
    private var until = UInt64.max
    private var enough = 4096
    private var faults: Faults?
    private var threadFaults: [Int32: Faults] = [:]
    private var names: [Int32: String] = [:]
    private let pid: Int32
    /// As they were at first: one that has ended has none.
    private let command: [String]
    private let executable: String

    init(_ live: borrowing LiveProcess, _ request: AuditRequest, probesHeap: Bool) {
        pid = live.pid
        command = live.command
        executable = live.executable
        owner = live.owner
        heap = HeapProbes(of: live)
        code = live.code ?? []
        heapBook = HeapBook(of: pid, heap.found)
        kernelBook = KernelBook(probes: heap.found.map(\.addresses.lowerBound))
        heapProblem = probesHeap ? heap.problem : "--no-heap"
        setProbes()
        openAll(live, request)
        // Those that its threads begin from now on, the kernel reports.
        sharers = (try? live.memorySharers()) ?? nil
        noteThreads(live)
        faults = live.faults()
        for tid in names.keys { threadFaults[tid] = live.faults(of: tid) }
        since = monotonicNanoseconds()
        events.kernel.note((try? live.mappings()) ?? [], of: pid)
    }

    /// Why there is nothing to wait for; null if a witness watches.
    func refusal(_ live: borrowing LiveProcess) -> AuditError? {
        guard let heapProblem, let syscallsProblem = events.syscalls.problem,
            let kernelProblem = events.kernel.problem
        else { return nil }
        let obstacle = live.obstacle()
        return AuditError(
            obstacle?.what
                ?? "nothing of it can be watched: its heap calls: \(heapProblem); its mapping calls: \(syscallsProblem); "
                + "what the kernel allocates: \(kernelProblem)", at: "--pid \(pid)",
            remedy: obstacle?.remedy ?? "dioaudit doctor says what would allow it", exit: .usage)
    }

    private mutating func setProbes() {
        guard heapProblem == nil else { return }
        do throws(TracingProblem) {
            guard let tracefs = Tracefs.current.path else { throw TracingProblem("tracefs is not mounted") }
            var uprobes = Uprobes(in: tracefs)
            try uprobes.set(heap.found)
            self.uprobes = consume uprobes
        } catch {
            heapProblem = error.what
        }
    }

    /// A thread that begins while others are being opened may be none's child that is watched yet: then all begins anew.
    private mutating func openAll(_ live: borrowing LiveProcess, _ request: AuditRequest) {
        let choice = SyscallsChoice.auto.resolved
        for _ in 0..<20 where !isWhole {
            let threads = live.threads()
            begin(threads, choice == .seccomp ? .perfMappings : choice, request)
            isWhole = Set(live.threads()).isSubset(of: threads)
        }
    }

    /// Without probes where these are what is refused.
    private mutating func begin(_ threads: [Int32], _ choice: SyscallsChoice, _ request: AuditRequest) {
        events = KernelEvents()
        events.begin(threads, of: pid, choice, stacks: request.kernelStacks, probes: uprobes?.probes ?? [])
        guard let why = events.kernel.problem, uprobes != nil else { return }
        uprobes = nil
        begin(threads, choice, request)
        heapProblem = events.kernel.problem == nil ? "uprobes are not to be had: \(why)" : why
    }

    private mutating func noteThreads(_ live: borrowing LiveProcess) {
        for tid in live.threads() { if let name = live.name(of: tid) { names[tid] = name } }
    }

    // MARK: while it runs

    var threads: Int { names.count }

    mutating func watch(_ live: borrowing LiveProcess, _ nanoseconds: UInt64?) {
        let limit = nanoseconds.map { since &+ $0 }
        var goesOn = true
        while goesOn {
            var signal = cl_signal()
            let descriptors = events.descriptors + [live.descriptor.rawValue]
            let source = cl_wait(remaining(until: limit), descriptors, Int32(descriptors.count), &signal)
            let isOver = limit.map { monotonicNanoseconds() >= $0 } ?? false
            let isEnded = source == CL_FROM_TIMEOUT || (source == CL_FROM_SIGNAL && signal.ends)
            goesOn = !isEnded && !live.hasEnded && !isOver
            events.drain()
            if events.pending >= enough {
                noteThreads(live)
                fold(before: quietNanoseconds())
                enough = 4096 + 2 * events.pending
            }
        }
    }

    private mutating func fold(before limit: UInt64) {
        let phases = PhaseBook(steady: pid, within: since..<until, events.syscalls.execs)
        let records = events.kernel.pending.take(before: limit)
        flushers.look(at: kernelBook.add(records, phases, Ancestry(), events.kernel.texts, events.kernel.stacks))
        syscallsBook.add(events.syscalls.pending.take(before: limit), phases)
        let transfers = events.transfers.pending.take(before: limit)
        transfersBook.add(transfers, phases, Ancestry())
        pagesBook.add(events.transfers.pages.take(before: limit), transfers, records, phases, Ancestry())
        heapBook.add(events.kernel.calls.take(before: limit), within: since..<until)
    }

    // MARK: after the watch

    /// A thread that began and ended between two reads of the names.
    private static let ended = "(exited)"

    mutating func finish(_ live: borrowing LiveProcess, _ request: AuditRequest) -> Observation {
        until = monotonicNanoseconds()
        let loaded = live.code.map { $0.subtracting(code).map(\.path).sorted() }
        let ended = live.hasEnded
        events.finish()
        noteThreads(live)
        fold(before: .max)
        for tid in names.keys {
            if let now = live.faults(of: tid) { pagesBook.note(tid, faults: now.minor + now.major) }
        }
        let parser = Parser()
        let kernelView = KernelView(kernelBook, events.kernel, flushers, parser)
        let syscallsView = SyscallsView(syscallsBook, events.syscalls)

        var ledger = Ledger()
        ledger.processes = [process(live, request.scope)]
        ledger.add(syscallsBook, of: [.attached])
        ledger.add(
            pagesBook, of: [.attached], areFaultsKnown: ledger.processes[0].phases[.steady].faultsKnown,
            areMappingsKnown: true,
            isAttached: true)
        ledger.processes[0].countUnexplained()
        ledger.add(transfersBook, of: [.attached])
        ledger.add(kernelView, of: [.attached])
        ledger.processes[0].nameFrames(by: Symbolizer(parser, owner: owner))
        var subject = Subject(command: command, exit: SubjectExit())
        subject.processes = 1
        subject.threads = ledger.processes[0].threads.count
        var observation = Observation(subject: subject, ledger: ledger, pid: pid)
        observation.attached = Attached(
            heapProblem: heapProblem, hasEnded: ended, isWhole: isWhole,
            nameless: request.scope == .process ? 0 : heapBook.threads.subtracting(names.keys).count,
            loaded: loaded?.first,
            becameProgram: events.syscalls.execs.contains { $0.pid == pid && $0.nanoseconds >= since },
            children: kernelBook.pids.subtracting([pid]).sorted(), sharers: sharers)
        observation.nameless = parser.nameless
        observation.syscalls = syscallsView.witness
        observation.kernel = kernelView.witness
        observation.transfers = events.transfers.witness
        observation.pagesProblem = events.transfers.pagesProblem
        return observation
    }

    private func process(_ live: borrowing LiveProcess, _ scope: Scope) -> ProcessLedger {
        var process = ProcessLedger(pid: pid, parentPid: live.parent, executable: executable)
        process.steadyReached = true
        process.phasesByKernel = true
        process.lastPhase = .steady
        process.lock.lockedBytes = live.lockedBytes
        process.threads = names.keys.sorted().map { tid in
            var thread = ThreadLedger(tid: tid, name: names[tid]!, doesTransfers: false)
            thread.matched = scope.includes(threadNamed: names[tid]!)
            if let now = live.faults(of: tid) {
                thread.steadyFaults =
                    now - (threadFaults[tid] ?? Faults()) - Faults(minor: kernelBook.ownFaults[tid] ?? 0)
            } else {
                thread.endedUnmeasured = true
            }
            return thread
        }
        var steady = process.phases[.steady]
        steady.durationNanoseconds = until - since
        if let now = live.faults(), let faults {
            let seen = now - faults - Faults(minor: kernelBook.ownFaults.values.reduce(0, +))
            steady.events[.pageFaultMinor].calls = seen.minor
            steady.events[.pageFaultMajor].calls = seen.major
        } else {
            steady.faultsKnown = false
        }
        process.phases[.steady] = steady
        let flushers = names.keys.compactMap { self.flushers.known[$0] }
        process.lock.ioFlusher = !flushers.isEmpty && flushers.allSatisfy { $0 }
        addHeapCalls(to: &process, scope)
        return process
    }

    private func addHeapCalls(to process: inout ProcessLedger, _ scope: Scope) {
        for (key, count) in heapBook.counts.sorted(by: { $0.value.calls > $1.value.calls }) {
            process.phases[.steady].events[key.kind] += count
            let thread = process.threads.firstIndex { $0.tid == key.tid }
            if let thread { process.threads[thread].phases[.steady].events[key.kind] += count }
            guard scope == .process || thread.map({ process.threads[$0].matched }) ?? false else { continue }
            // Without the function itself; else where it returns to, inside the calling instruction.
            let callers = events.kernel.stacks[key.stack].map { Array($0.user.dropFirst()) } ?? []
            let addresses = callers.isEmpty ? [key.caller - min(key.caller, 1)] : callers
            let frames = addresses.map { kernelBook.spaces.frame(pid, $0, events.kernel.texts) }
            process.sites.append(
                Site(
                    kind: key.kind, count: count, firstTransfer: nil, tid: key.tid,
                    thread: thread.map { process.threads[$0].name } ?? Self.ended,
                    stack: frames,
                    truncated: !(events.kernel.stacks[key.stack]?.isWhole ?? false)))
        }
    }

}

extension LiveProcess {
    /// The files of code that it has mapped; null if they cannot be read.
    fileprivate var code: Set<CodeFile>? {
        (try? mappings()).map {
            Set(
                $0.lazy.filter { $0.isExecutable && $0.path.hasPrefix("/") }.map {
                    CodeFile(path: $0.path, identity: $0.identity)
                })
        }
    }
}

/// Another file may take its path.
private struct CodeFile: Hashable {
    let path: String
    let identity: String
}

extension ProcessLedger {
    fileprivate mutating func nameFrames(by symbolizer: Symbolizer) {
        let stacks = sites.map(\.stack) + faultSites.map(\.stack)
        let named = symbolizer.name(stacks, of: stacks.map { _ in pid }, byFileOffset: true)
        for index in sites.indices { sites[index].stack = named[index] }
        for index in faultSites.indices { faultSites[index].stack = named[sites.count + index] }
    }
}

extension Owner {
    /// The only one there is.
    static let attached = Owner(arena: 0, process: 0)
}

extension PhaseBook {
    /// A process without an interposer: its events in an interval of time count as its steady phase's.
    init(steady pid: Int32, within times: Range<UInt64>, _ execs: [ExecRecord]) {
        self.init(execs)
        add(
            ReportedProcess(owner: .attached, pid: pid, parent: 0, started: 0),
            [PhaseEdge(at: times.lowerBound, .phase(.steady)), PhaseEdge(at: times.upperBound, .phase(.exit))])
    }
}
