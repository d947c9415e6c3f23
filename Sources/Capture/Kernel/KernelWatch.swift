import AuditCore
import CLinuxHost
import Glibc
import Inspect
import LinuxSystem

/// The kernel witness's records: kernel allocations for the subject, page faults and mappings, each kept until its phase is
/// known.
package struct KernelWatch: ~Copyable {
    package var pending: [KernelRecord] = []
    /// Calls of the functions that are probed.
    package var calls: [HeapCall] = []
    package private(set) var texts = Interner<String>(most: 1 << 14)
    package private(set) var stacks = Interner<KernelStack>(most: 1 << 12)
    var takesStacks = false
    private var userStacks = UserStacks()
    var lost: UInt64 = 0
    private(set) var malformed: UInt64 = 0
    var gfp: Gfp?
    /// Null while it watches.
    package var problem: String?
    /// Changes that would let it watch, as the doctor knows them.
    private(set) var remedies: [String]?
    private(set) var tracing: Witness.Tracing?
    /// Why no BPF programs report to it; null if they do, or if none could.
    private(set) var refusal: String?

    mutating func begin(_ opening: Opening) {
        tracing = opening.tracing
        refusal = opening.refusal
        if tracing == nil { refuse("perf tracepoints of kmem: \(opening.errno) (\(paranoiaText()))") }
    }

    mutating func refuse(_ why: String) {
        let obstacle = Tracepoints.kernelObstacle()
        problem = obstacle?.found ?? why
        remedies = obstacle?.remedies
    }

    mutating func note(_ record: UnsafeMutablePointer<cl_trace_record>) {
        let kind = record.pointee.kind
        if kind == CL_TRACE_LOST.rawValue { lost += record.pointee.bytes }
        if kind == CL_TRACE_MALFORMED.rawValue { malformed += 1 }
        if kind == CL_PROBE.rawValue { noteCall(record) }
        guard let known = KernelRecord.Kind(record.pointee) else { return }
        let stack = stackIndex(record)
        let noted = KernelRecord(
            nanoseconds: record.pointee.nanoseconds, pid: record.pointee.pid, tid: record.pointee.tid, kind: known,
            site: kind == CL_MAPPED.rawValue
                ? record.pointee.offset
                : kind == CL_FORKED.rawValue ? UInt64(record.pointee.parent) : record.pointee.site,
            outerSite: record.pointee.outer_site,
            bytes: record.pointee.bytes, gfp: record.pointee.gfp, address: record.pointee.address,
            userIP: record.pointee.user_ip, userSP: record.pointee.user_sp,
            text: kind == CL_BECAME_PROGRAM.rawValue ? -1 : textIndex(record),
            stack: stack, faults: record.pointee.faultsSoFar, isFlusher: record.pointee.isFlusher)
        if takesStacks { userStacks.note(noted, texts) }
        pending.append(noted)
    }

    private mutating func stackIndex(_ record: UnsafeMutablePointer<cl_trace_record>) -> Int32 {
        guard takesStacks, record.pointee.frames > 0 || record.pointee.stack != nil else { return -1 }
        let kernel = UnsafeBufferPointer(start: cl_trace_frames(record), count: Int(record.pointee.frames))
        let user =
            StackSample(record).map { userStacks.walk($0, of: record.pointee.pid, texts) } ?? (
                addresses: [], isWhole: true
            )
        return stacks.index(
            of: KernelStack(kernel: Array(kernel), user: user.addresses, isWhole: user.isWhole))
    }

    private mutating func noteCall(_ record: UnsafeMutablePointer<cl_trace_record>) {
        calls.append(
            HeapCall(
                nanoseconds: record.pointee.nanoseconds, pid: record.pointee.pid, tid: record.pointee.tid,
                function: record.pointee.site, arguments: record.pointee.argument, caller: record.pointee.caller,
                stackPointer: record.pointee.user_sp,
                stack: stackIndex(record)))
    }

    /// Notes where a process that runs already has mapped what, as if it had done so now.
    package mutating func note(_ mappings: [MappedFile], of pid: Int32) {
        let records = mappings.map { KernelRecord($0, of: pid, text: texts.index(of: $0.path)) }
        if takesStacks { for record in records { userStacks.note(record, texts) } }
        pending += records
    }

    private mutating func textIndex(_ record: UnsafeMutablePointer<cl_trace_record>) -> Int32 {
        let text = cl_trace_text(record)!
        return text.pointee == 0 ? -1 : texts.index(of: String(cString: text))
    }
}

extension StackSample {
    /// Null for a thread that never runs user code, and where no stack was taken.
    fileprivate init?(_ record: UnsafeMutablePointer<cl_trace_record>) {
        guard record.pointee.user_ip != 0, let stack = record.pointee.stack else { return nil }
        self.init(
            ip: record.pointee.user_ip, sp: record.pointee.user_sp, bp: record.pointee.user_bp, stack: stack,
            stackBytes: record.pointee.stack_bytes)
    }
}
