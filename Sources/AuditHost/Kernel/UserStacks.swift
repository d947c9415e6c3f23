import AuditCore
import CLinuxHost
import CUnwind

/// Walks user stacks from the registers and the top of the stack that perf took, and remembers what repeats.
struct UserStacks {
    private let walker = StackWalker()
    private var spaces = AddressSpaces()
    private var remembered: [Int32: [Start: [WalkedStack]]] = [:]
    private var count = 0
    /// A walk takes some 4 KiB.
    private static let most = 2048
    /// Those of one start differ in what lies on the stack.
    private static let mostOfOne = 8

    /// What a walk depends on, beside the words that it reads of the stack and what is mapped.
    private struct Start: Hashable {
        let ip: UInt64
        let sp: UInt64
        let bp: UInt64
        let stackBytes: UInt32
    }

    /// In the order in which records come, which is nearly that of time: what is mapped is long there when it is walked.
    mutating func note(_ record: KernelRecord) {
        switch record.kind {
        case .mapped: spaces.map(record, isInterposer: false, isOfUprobes: false)
        case .forked: spaces.fork(record.pid, from: Int32(truncatingIfNeeded: record.site))
        case .becameProgram: spaces.exec(record.pid)
        default: return
        }
        for walks in remembered.removeValue(forKey: record.pid)?.values ?? [:].values { count -= walks.count }
    }

    /// The innermost instruction, and where each caller's call is; whether the last is the outermost. It is not where the
    /// stack that was taken ends.
    mutating func walk(
        _ record: UnsafeMutablePointer<cl_trace_record>, _ texts: Interner<String>
    ) -> (addresses: [UInt64], isWhole: Bool) {
        guard record.pointee.user_ip != 0, let stack = record.pointee.stack else { return ([], true) }
        let pid = record.pointee.pid
        let start = Start(
            ip: record.pointee.user_ip, sp: record.pointee.user_sp, bp: record.pointee.user_bp,
            stackBytes: record.pointee.stack_bytes)
        var thread = cu_thread()
        thread.set(start.ip, of: CU_IP)
        thread.set(start.sp, of: CU_SP)
        thread.set(start.bp, of: CU_BP)
        thread.stack = stack
        thread.stack_bytes = UInt64(start.stackBytes)
        let known = remembered[pid]?[start]?.first { $0.holds(for: &thread) }
        let walk = known ?? walk(thread, of: pid, texts)
        if known == nil { remember(walk, start, of: pid) }
        return (walk.addresses, walk.isWhole)
    }

    private func walk(_ thread: cu_thread, of pid: Int32, _ texts: Interner<String>) -> WalkedStack {
        var thread = thread
        let spaces = spaces
        return walker.walk(&thread) { address in
            guard let place = spaces.place(pid, address), let path = texts[place.text] else { return nil }
            return (place, path)
        }
    }

    private mutating func remember(_ walk: WalkedStack, _ start: Start, of pid: Int32) {
        if count >= Self.most { (remembered, count) = ([:], 0) }
        let known = remembered[pid]?[start]?.count ?? 0
        if known >= Self.mostOfOne {
            remembered[pid]?[start] = []
            count -= known
        }
        remembered[pid, default: [:]][start, default: []].append(walk)
        count += 1
    }
}
