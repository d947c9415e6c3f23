import AuditCore
import CLinuxHost
import Glibc

/// The kernel witness while the subject runs: records of what the kernel allocates for it, kept until `take` hands them over.
struct KernelWatch: ~Copyable {
    /// Null while it does not watch.
    private var trace: OpaquePointer?
    private let record: UnsafeMutablePointer<cl_trace_record> = .allocate(capacity: 1)
    private(set) var descriptors: [Int32] = []
    private(set) var pending: [KernelRecord] = []
    /// Calls of the functions that are probed.
    private(set) var calls: [HeapCall] = []
    private(set) var texts = Interner<String>()
    private(set) var stacks = Interner<KernelStack>()
    private var takesStacks = false
    private var userStacks = UserStacks()
    private(set) var lost: UInt64 = 0
    private(set) var malformed: UInt64 = 0
    private(set) var gfp: Gfp?
    private(set) var problem: String?
    /// Changes that would let it watch, as the doctor knows them.
    private(set) var remedies: [String]?
    private(set) var tracing: Witness.Tracing?

    init() {}

    deinit {
        if let trace { cl_trace_close(trace) }
        record.deallocate()
    }

    /// Begins to watch threads and all that they will start.
    ///
    /// - Parameter family: of the only thread, if it is known.
    /// - Parameter stacks: takes the kernel's call chain with each record, and the user's above it.
    /// - Parameter probes: functions whose calls are told too.
    mutating func begin(
        _ threads: [Int32], _ family: OpaquePointer?, stacks: Bool, probes: [HeapProbe] = []
    ) {
        do throws(TracingProblem) {
            let tracepoints = try KernelTracepoints(Tracefs.current)
            gfp = tracepoints.gfp
            takesStacks = stacks
            trace = try open(
                threads, family, tracepoints.points + probes.map(\.point), stacks: stacks, probes: !probes.isEmpty)
        } catch {
            let obstacle = Doctor.kernelTracepointsObstacle()
            problem = obstacle?.found ?? error.what
            remedies = obstacle?.remedies
            return
        }
        tracing = cl_trace_is_of_programs(trace) ? .programs : .events
        var all = [Int32](repeating: -1, count: 4096)
        let count = cl_trace_descriptors(trace, &all, Int32(all.count))
        descriptors = Array(all.prefix(Int(count)))
    }

    /// It is not to look.
    mutating func stayOff(_ why: String) {
        problem = why
    }

    private func open(
        _ threads: [Int32], _ family: OpaquePointer?, _ points: [cl_tracepoint], stacks: Bool, probes: Bool
    ) throws(TracingProblem) -> OpaquePointer {
        let trace = points.withUnsafeBufferPointer { points in
            var layout = cl_trace_layout(
                points: points.baseAddress, count: UInt32(points.count), stacks: stacks, probes: probes)
            return cl_trace_open(family, threads, Int32(threads.count), &layout)
        }
        guard let trace else {
            throw TracingProblem("perf tracepoints of kmem: \(errnoText()) (\(paranoiaText()))")
        }
        return trace
    }

    /// Takes in what there is now.
    mutating func drain() {
        guard let trace else { return }
        while cl_trace_next(trace, record) { note(record) }
    }

    /// Asks, when all is over, whether the last records were lost.
    mutating func finish() {
        drain()
        if let trace { lost = max(lost, cl_trace_lost(trace)) }
    }

    /// Hands over the records from before a moment, in the order of time.
    mutating func take(before nanoseconds: UInt64) -> [KernelRecord] {
        pending.take(before: nanoseconds)
    }

    private mutating func note(_ record: UnsafeMutablePointer<cl_trace_record>) {
        let kind = record.pointee.kind
        if kind == CL_TRACE_LOST.rawValue { lost += record.pointee.bytes }
        if kind == CL_TRACE_MALFORMED.rawValue { malformed += 1 }
        if kind == CL_PROBE.rawValue { noteCall(record) }
        guard let known = KernelRecord.Kind(kind, inInterrupt: record.pointee.in_interrupt != 0) else { return }
        let stack = stackIndex(record)
        let noted = KernelRecord(
            nanoseconds: record.pointee.nanoseconds, pid: record.pointee.pid, tid: record.pointee.tid, kind: known,
            site: kind == CL_MAPPED.rawValue
                ? record.pointee.offset
                : kind == CL_FORKED.rawValue ? UInt64(record.pointee.parent) : record.pointee.site,
            outerSite: record.pointee.outer_site,
            bytes: record.pointee.bytes, gfp: record.pointee.gfp, address: record.pointee.address,
            userIP: record.pointee.user_ip, userSP: record.pointee.user_sp, text: textIndex(record),
            stack: stack)
        if takesStacks { userStacks.note(noted) }
        pending.append(noted)
    }

    private mutating func stackIndex(_ record: UnsafeMutablePointer<cl_trace_record>) -> Int32 {
        guard takesStacks, record.pointee.frames > 0 || record.pointee.stack != nil else { return -1 }
        let kernel = UnsafeBufferPointer(start: cl_trace_frames(record), count: Int(record.pointee.frames))
        let user = userStacks.walk(record, texts)
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
    mutating func note(_ mappings: [MappedFile], of pid: Int32) {
        let records = mappings.map {
            KernelRecord(
                nanoseconds: 0, pid: pid, tid: pid, kind: .mapped, site: $0.offset, bytes: $0.end - $0.start, gfp: 0,
                address: $0.start, userIP: 0, userSP: 0, text: texts.index(of: $0.path), stack: -1)
        }
        if takesStacks { for record in records { userStacks.note(record) } }
        pending += records
    }

    mutating func takeCalls(before nanoseconds: UInt64) -> [HeapCall] {
        calls.take(before: nanoseconds)
    }

    private mutating func textIndex(_ record: UnsafeMutablePointer<cl_trace_record>) -> Int32 {
        let text = cl_trace_text(record)!
        return text.pointee == 0 ? -1 : texts.index(of: String(cString: text))
    }
}

/// The kernel's call chain and the user's, each innermost first.
struct KernelStack: Hashable {
    let kernel: [UInt64]
    let user: [UInt64]
    /// The user's goes to its outermost function.
    let isWhole: Bool
}

/// Values by number: each is kept once.
struct Interner<Value: Hashable> {
    private var numbers: [Value: Int32] = [:]
    private(set) var values: [Value] = []

    mutating func index(of value: Value) -> Int32 {
        if let number = numbers[value] { return number }
        let number = Int32(values.count)
        numbers[value] = number
        values.append(value)
        return number
    }

    subscript(number: Int32) -> Value? {
        values.indices.contains(Int(number)) ? values[Int(number)] : nil
    }
}
