import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// The kernel events of a subject while it runs: the one source of both kernel-side witnesses. BPF programs report them, or
/// perf events on each thread. Of system calls a seccomp filter may notify, too.
package struct KernelEvents: ~Copyable {
    private var trace: OpaquePointer?
    /// What it was prepared for.
    private var layouts: [TraceLayout?] = []
    /// Of seccomp's notifications; -1: there is none.
    private var listener: Int32 = -1
    private let record: UnsafeMutablePointer<cl_trace_record> = .allocate(capacity: 1)
    /// Descriptors that become readable when there is something to drain.
    package private(set) var descriptors: [Int32] = []
    package var kernel = KernelWatch()
    package var syscalls = SyscallsWatch()
    package var transfers = TransfersWatch()

    package init() {}

    deinit {
        if let trace { cl_trace_close(trace) }
        if listener >= 0 { close(listener) }
        record.deallocate()
    }

    // MARK: beginning

    /// Starts what needs no child yet: BPF programs take longest.
    ///
    /// - Parameter stacks: takes the kernel's call chain with each record of the kernel witness, and the user's above it.
    /// - Returns: the method of the syscalls witness, of which `auto` chooses one: the child is started as this says.
    package mutating func prepare(_ choice: SyscallsChoice, kernel isKernelAsked: Bool, stacks: Bool) -> SyscallsChoice
    {
        let isAsked = isKernelAsked || choice != .off
        if !isKernelAsked { kernel.problem = "--kernel off" }
        if !isAsked { transfers.problem = "--kernel off and --syscalls off" }
        let memory = isKernelAsked ? memoryLayout(stacks: stacks, probes: []) : nil
        let transfers: TraceLayout? = isAsked ? .transfers : nil
        let first = choice == .auto ? SyscallsChoice.perf : choice
        prepare([memory, callsLayout(first), transfers], isTree: true)
        // To ask perf opens an event, for which the kernel waits; where BPF programs report, it is not asked.
        if choice != .auto || hasCallsByPrograms { return first }
        let resolved = choice.resolved
        if resolved != first { prepare([memory, callsLayout(resolved), transfers], isTree: true) }
        return resolved
    }

    private var hasCallsByPrograms: Bool { trace.map { cl_trace_way($0, CL_CALLS) == CL_BY_BPF } ?? false }

    /// Begins to watch a child that has been started as `choice` says and has done nothing yet, and all that it will start.
    package mutating func begin(_ child: cl_child, _ choice: SyscallsChoice) {
        if child.listener >= 0 {
            listener = child.listener
            descriptors = [listener]
            syscalls.method = .seccomp
        } else if choice == .seccomp {
            syscalls.problem = "seccomp user notification is not to be had here"
        }
        watch([child.pid], of: child.pid)
    }

    /// Begins to watch threads that run already, and all that they will start.
    ///
    /// - Parameter choice: `perf` or `perfMappings`.
    /// - Parameter probes: functions whose calls are reported, too.
    package mutating func begin(
        _ threads: [Int32], of process: Int32, _ choice: SyscallsChoice, stacks: Bool, probes: [HeapProbe]
    ) {
        prepare([memoryLayout(stacks: stacks, probes: probes), callsLayout(choice), .transfers], isTree: false)
        watch(threads, of: process)
    }

    private mutating func memoryLayout(stacks: Bool, probes: [HeapProbe]) -> TraceLayout? {
        do throws(TracingProblem) {
            let tracepoints = try KernelTracepoints(Tracefs.current)
            kernel.gfp = tracepoints.gfp
            kernel.takesStacks = stacks
            return TraceLayout(
                points: tracepoints.points + probes.map(\.point), stacks: stacks, probes: !probes.isEmpty)
        } catch {
            kernel.refuse(error.what)
            return nil
        }
    }

    /// Null where no tracepoint or record of perf's is listened to.
    private mutating func callsLayout(_ choice: SyscallsChoice) -> TraceLayout? {
        syscalls.problem = choice == .off ? "--syscalls off" : nil
        guard choice == .perf || choice == .perfMappings else { return nil }
        do throws(TracingProblem) {
            return try TraceLayout(choice)
        } catch {
            syscalls.problem = error.what
            return nil
        }
    }

    /// - Parameter layouts: in the order of `cl_stream`.
    private mutating func prepare(_ layouts: [TraceLayout?], isTree: Bool) {
        if let trace { cl_trace_close(trace) }
        trace = nil
        self.layouts = layouts
        guard layouts.contains(where: { $0 != nil }) else { return }
        trace = TraceLayout.withPointers(layouts[...]) { cl_trace_prepare(isTree, $0) }
        guard trace != nil else { fatalError("no memory is left") }
    }

    private mutating func watch(_ threads: [Int32], of process: Int32) {
        guard let trace else { return }
        cl_trace_watch(trace, threads, Int32(threads.count), process)
        if layouts[0] != nil { kernel.begin(Opening(trace, CL_MEMORY)) }
        if let calls = layouts[1] { syscalls.begin(Opening(trace, CL_CALLS), calls) }
        if layouts[2] != nil {
            transfers.begin(
                Opening(trace, CL_TRANSFERS), whyNoPages: String(cString: cl_trace_why_no_pages(trace)))
        }
        var all = [Int32](repeating: -1, count: 4096)
        let count = cl_trace_descriptors(trace, &all, Int32(all.count))
        descriptors += all.prefix(Int(count))
    }

    // MARK: reading

    /// Reads the records that are there now. More may come at any time, from a program that does nothing else, and its timeout must
    /// hold all the same.
    package mutating func drain() {
        var stream = CL_MEMORY
        if let trace {
            cl_trace_mark(trace)
            while cl_trace_next(trace, record, &stream) {
                switch stream {
                case CL_MEMORY: kernel.note(record)
                case CL_CALLS: syscalls.note(record)
                case CL_TRANSFERS: transfers.note(record)
                default:
                    // Of all processes: each witness that is told of its own events by BPF programs needs them.
                    if kernel.tracing == .programs { kernel.note(record) }
                    if syscalls.tracing == .programs { syscalls.note(record) }
                }
            }
        }
        var room = 1024
        while listener >= 0, room > 0, cl_seccomp_next(listener, record) {
            syscalls.note(record)
            room -= 1
        }
    }

    /// Reads the last records, and checks whether some were lost. Then no more come.
    package mutating func finish() {
        drain()
        guard let trace else { return }
        kernel.lost = max(kernel.lost, cl_trace_lost(trace, CL_MEMORY))
        syscalls.lost = max(syscalls.lost, cl_trace_lost(trace, CL_CALLS))
        transfers.lost = max(transfers.lost, cl_trace_lost(trace, CL_TRANSFERS))
        cl_trace_close_apart(trace)
        self.trace = nil
    }

    /// The number of records whose phases are not known yet.
    package var pending: Int {
        kernel.pending.count + kernel.calls.count + syscalls.pending.count + transfers.pending.count
            + transfers.pages.count
    }

    /// Lets the system calls of processes that outlive dioaudit continue.
    package func serveOn() {
        if listener >= 0 { cl_seccomp_serve_on(listener) }
    }
}

/// The outcome of opening a stream.
struct Opening {
    /// Null: it is refused.
    let tracing: Witness.Tracing?
    let errno: Errno
    /// Why it has no BPF programs; null if it has, or if none could be used.
    let refusal: String?

    init(_ trace: OpaquePointer, _ stream: cl_stream) {
        tracing =
            switch cl_trace_way(trace, stream) {
            case CL_BY_BPF: .programs
            case CL_BY_EVENTS: .events
            default: nil
            }
        errno = Errno(rawValue: cl_trace_error(trace, stream))
        let why = String(cString: cl_trace_refusal(trace, stream))
        refusal = why.isEmpty ? nil : why
    }
}

/// The layout of one stream.
struct TraceLayout {
    let points: [cl_tracepoint]
    var stacks = false
    var probes = false
    /// What moves data of O_DIRECT files.
    var transfers = false
    var calls = false

    static var transfers: TraceLayout {
        var point = cl_tracepoint()
        point.kind = CL_MOVES.rawValue
        return TraceLayout(points: [point], transfers: true)
    }

    /// For `cl_trace_prepare`.
    static func withPointers<Result>(
        _ layouts: ArraySlice<TraceLayout?>, before: [UnsafePointer<cl_trace_layout>?] = [],
        _ body: (UnsafePointer<UnsafePointer<cl_trace_layout>?>) -> Result
    ) -> Result {
        guard let first = layouts.first else { return before.withUnsafeBufferPointer { body($0.baseAddress!) } }
        return withPointer(first) { withPointers(layouts.dropFirst(), before: before + [$0], body) }
    }

    static func withPointer<Result>(
        _ layout: TraceLayout?, _ body: (UnsafePointer<cl_trace_layout>?) -> Result
    ) -> Result {
        guard let layout else { return body(nil) }
        return layout.points.withUnsafeBufferPointer { points in
            var pointed = cl_trace_layout(
                points: points.baseAddress, count: UInt32(points.count), stacks: layout.stacks, probes: layout.probes,
                transfers: layout.transfers, calls: layout.calls)
            return withUnsafePointer(to: &pointed) { body($0) }
        }
    }
}

extension TraceLayout {
    /// - Parameter choice: `perf`, the tracepoint of all system calls, or `perfMappings`.
    init(_ choice: SyscallsChoice) throws(TracingProblem) {
        var point = cl_tracepoint()
        point.kind = (choice == .perf ? CL_CALL : CL_MAPPED).rawValue
        if choice == .perf {
            let format = try Tracefs.current.format(of: "raw_syscalls/sys_enter")
            guard let number = format["id"], let arguments = format["args"] else {
                throw TracingProblem("raw_syscalls:sys_enter has no 'id' or no 'args'")
            }
            point.id = format.id
            point.number = cl_field(offset: number.offset, size: number.size)
            point.arguments = cl_field(offset: arguments.offset, size: arguments.size)
        }
        self.init(points: [point], calls: true)
    }
}

extension HeapProbe {
    fileprivate var point: cl_tracepoint {
        var point = cl_tracepoint()
        point.id = id
        point.kind = CL_PROBE.rawValue
        return point
    }
}
