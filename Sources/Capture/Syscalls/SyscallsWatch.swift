import AuditCore
import CLinuxHost
import LinuxSystem

/// The syscalls witness's records, each kept until its phase is known, so that memory stays bounded.
package struct SyscallsWatch: ~Copyable {
    package var pending: [SyscallRecord] = []
    package private(set) var execs: [ExecRecord] = []
    /// Processes that were made, threads apart. Counted only by perf's events of the subject alone.
    private(set) var forks = 0
    var lost: UInt64 = 0
    private(set) var malformed: UInt64 = 0
    private(set) var interrupted: UInt64 = 0
    /// Calls whose ABI the kernel's record does not show.
    private(set) var ambiguous: UInt64 = 0
    /// Null while it watches.
    package var problem: String?
    var method: SyscallsMethod?
    /// Null where it does not listen at a tracepoint.
    private(set) var tracing: Witness.Tracing?
    /// Why no BPF programs report the calls; null if they do, or if none could.
    private(set) var refusal: String?

    mutating func begin(_ opening: Opening, _ layout: TraceLayout) {
        let isOfMappings = layout.points[0].kind == CL_MAPPED.rawValue
        guard let tracing = opening.tracing else {
            problem = "perf\(isOfMappings ? "'s records of mappings" : " tracepoints"): \(opening.errno)"
            return
        }
        method = isOfMappings ? .perfMappings : .perf
        if !isOfMappings { self.tracing = tracing }
        refusal = opening.refusal
    }

    mutating func note(_ record: UnsafeMutablePointer<cl_trace_record>) {
        switch cl_trace_kind(record.pointee.kind) {
        case CL_TRACE_LOST: lost += record.pointee.bytes
        case CL_TRACE_MALFORMED: malformed += 1
        case CL_INTERRUPTED: interrupted += 1
        case CL_AMBIGUOUS_CALL: ambiguous += 1
        case CL_BECAME_PROGRAM: noteExec(record)
        case CL_FORKED: forks += 1
        case CL_MAPPED: noteCode(record)
        case CL_CALL:
            if method == .perfMappings { noteCode(record) }
            guard let call = WatchedCall(record.pointee.act) else { return }
            pending.append(
                SyscallRecord(
                    nanoseconds: record.pointee.nanoseconds, pid: record.pointee.pid, tid: record.pointee.tid,
                    call: call, bytes: record.pointee.bytes))
        default: break
        }
    }

    private mutating func noteExec(_ record: UnsafeMutablePointer<cl_trace_record>) {
        // Records of one process come from several CPUs' rings, and so not in the order of time.
        let nanoseconds = record.pointee.nanoseconds
        let place = execs.lastIndex { $0.nanoseconds <= nanoseconds }.map { $0 + 1 } ?? 0
        execs.insert(
            ExecRecord(
                nanoseconds: nanoseconds, pid: record.pointee.pid, path: String(cString: cl_trace_text(record))),
            at: place)
    }

    /// perf names a program by its first 15 characters; the first file that it then maps is its own.
    private mutating func noteCode(_ record: UnsafeMutablePointer<cl_trace_record>) {
        let (pid, nanoseconds) = (record.pointee.pid, record.pointee.nanoseconds)
        guard let index = execs.lastIndex(where: { $0.pid == pid && $0.nanoseconds <= nanoseconds }),
            !execs[index].path.contains("/")
        else { return }
        let path = String(cString: cl_trace_text(record))
        if path.hasPrefix("/"), !path.hasPrefix("//") { execs[index].path = path }  // `//anon` is no file
    }
}
