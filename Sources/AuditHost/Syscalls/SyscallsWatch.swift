import AuditCore
import CLinuxHost
import Glibc

/// The syscalls witness while the subject runs: perf tracepoints where they are allowed, else seccomp.
///
/// What it has seen is kept as records until `fold` has given each its phase, so that memory stays bounded.
struct SyscallsWatch: ~Copyable {
    private enum Source {
        case perf(OpaquePointer)
        case seccomp(Int32)
        case none
    }

    private var source = Source.none
    private let record: UnsafeMutablePointer<cl_record> = .allocate(capacity: 1)
    private(set) var pending: [SyscallRecord] = []
    private(set) var execs: [ExecRecord] = []
    private(set) var lost: UInt64 = 0
    private(set) var interrupted: UInt64 = 0
    /// Null while it watches.
    private(set) var problem: String?
    private(set) var method: SyscallsMethod?
    /// Null where it does not listen at a tracepoint.
    private(set) var tracing: Witness.Tracing?

    init() {}

    deinit {
        stop()
        record.deallocate()
    }

    /// Begins to watch a child that has been started as `watch` says and has done nothing yet.
    mutating func begin(_ child: cl_child, _ family: OpaquePointer?, _ choice: SyscallsChoice) {
        if child.listener >= 0 {
            source = .seccomp(child.listener)
            method = .seccomp
        } else if choice == .off {
            problem = "--syscalls off"
        } else if choice == .seccomp {
            problem = "seccomp user notification is not to be had here"
        } else {
            begin([child.pid], family, choice)
        }
    }

    /// Begins to watch threads and all that they will start.
    ///
    /// - Parameter family: of the only thread, if it is known.
    /// - Parameter choice: `perf` or `perfMappings`.
    mutating func begin(_ threads: [Int32], _ family: OpaquePointer?, _ choice: SyscallsChoice) {
        do throws(TracingProblem) {
            let perf = try openPerf(threads, family, choice)
            source = .perf(perf)
            method = choice == .perf ? .perf : .perfMappings
            if choice == .perf { tracing = cl_perf_is_of_programs(perf) ? .programs : .events }
        } catch {
            problem = error.what
        }
    }

    private func stop() {
        switch source {
        case .perf(let perf): cl_perf_close(perf)
        case .seccomp(let listener): close(listener)
        case .none: break
        }
    }

    /// What becomes readable when there is something to drain.
    var descriptors: [Int32] {
        switch source {
        case .perf(let perf):
            var descriptors = [Int32](repeating: -1, count: 1024)
            let count = cl_perf_descriptors(perf, &descriptors, Int32(descriptors.count))
            return Array(descriptors.prefix(Int(count)))
        case .seccomp(let listener): return [listener]
        case .none: return []
        }
    }

    /// Asks, when all is over, whether the last records were lost.
    mutating func finish() {
        drain()
        if case .perf(let perf) = source { lost = max(lost, cl_perf_lost(perf)) }
    }

    /// Takes in what there is now.
    mutating func drain() {
        while next() { note(record.pointee) }
    }

    /// Hands over the records from before a moment, in the order of time.
    mutating func take(before nanoseconds: UInt64) -> [SyscallRecord] {
        pending.take(before: nanoseconds)
    }

    /// Lets the calls of processes that outlive dioaudit go on.
    func serveOn() {
        if case .seccomp(let listener) = source { cl_seccomp_serve_on(listener) }
    }

    private func next() -> Bool {
        switch source {
        case .perf(let perf): cl_perf_next(perf, record)
        case .seccomp(let listener): cl_seccomp_next(listener, record)
        case .none: false
        }
    }

    private mutating func note(_ record: cl_record) {
        switch record.act {
        case CL_LOST.rawValue: lost += record.bytes
        case CL_INTERRUPTED.rawValue: interrupted += 1
        case CL_EXEC.rawValue: noteExec(record)
        case CL_CODE.rawValue: noteCode(record)
        default:
            if method == .perfMappings { noteCode(record) }
            guard let call = WatchedCall(record.act) else { return }
            pending.append(
                SyscallRecord(
                    nanoseconds: record.nanoseconds, pid: record.pid, tid: record.tid, call: call,
                    bytes: record.bytes))
        }
    }

    private mutating func noteExec(_ record: cl_record) {
        // Records of one process come from several CPUs' rings, and so not in the order of time.
        let place = execs.lastIndex { $0.nanoseconds <= record.nanoseconds }.map { $0 + 1 } ?? 0
        execs.insert(ExecRecord(nanoseconds: record.nanoseconds, pid: record.pid, path: text(record.path)), at: place)
    }

    /// perf names a program by its first 15 characters; the first file that it then maps to execute is its own.
    private mutating func noteCode(_ record: cl_record) {
        guard let index = execs.lastIndex(where: { $0.pid == record.pid && $0.nanoseconds <= record.nanoseconds }),
            !execs[index].path.contains("/")
        else { return }
        let path = text(record.path)
        if path.hasPrefix("/") { execs[index].path = path }
    }
}
