import AuditCore
import CUnwind
import LinuxSystem

/// What perf took of a thread of the subject: its registers, and its stack from `sp` on.
package struct StackSample {
    let ip, sp, bp: UInt64
    let stack: UnsafePointer<UInt8>
    let stackBytes: UInt32

    /// - Parameter stack: valid until the sample has been walked.
    package init(ip: UInt64, sp: UInt64, bp: UInt64, stack: UnsafePointer<UInt8>, stackBytes: UInt32) {
        self.ip = ip
        self.sp = sp
        self.bp = bp
        self.stack = stack
        self.stackBytes = stackBytes
    }
}

/// Walks user stacks from the registers and the top of the stack that perf took, and caches the walks.
package struct UserStacks {
    private let walker = StackWalker()
    private var spaces = AddressSpaces()
    /// By pid.
    private var processes: [Int32: Process] = [:]
    private static let mostProcesses = 64

    package init() {}

    /// In the order in which records come, which is nearly that of time: what is mapped is long there when it is walked.
    package mutating func note(_ record: KernelRecord, _ texts: Interner<String>) {
        switch record.kind {
        case .mapped:
            // Code that other memory is mapped over is no more where it was.
            let covered = spaces.places(record.pid, from: record.address, bytes: record.bytes)
            if covered.contains(where: { texts[$0.text]?.hasPrefix("/") ?? false }) { processes[record.pid] = nil }
            spaces.map(record, isInterposer: false, isOfUprobes: false)
        case .forked:
            spaces.fork(record.pid, from: Int32(truncatingIfNeeded: record.site))
            processes[record.pid] = nil
        case .becameProgram:
            spaces.exec(record.pid)
            processes[record.pid] = nil
        default: break
        }
    }

    /// The innermost instruction, and where each caller's call is; whether the last is the outermost. It is not where the
    /// stack that was taken ends.
    package mutating func walk(
        _ sample: StackSample, of pid: Int32, _ texts: Interner<String>
    ) -> (addresses: [UInt64], isWhole: Bool) {
        let start = Start(ip: sample.ip, sp: sample.sp, bp: sample.bp, stackBytes: sample.stackBytes)
        var thread = cu_thread()
        thread.set(start.ip, of: CU_IP)
        thread.set(start.sp, of: CU_SP)
        thread.set(start.bp, of: CU_BP)
        thread.stack = sample.stack
        thread.stack_bytes = UInt64(start.stackBytes)
        let process = process(pid)
        if let known = process.walk(start, &thread) { return (known.addresses, known.isWhole) }
        let walk = walker.walk(&thread, in: process.code) { [spaces] in spaces.file(pid, $0, texts) }
        process.remember(walk, start)
        return (walk.addresses, walk.isWhole)
    }

    private mutating func process(_ pid: Int32) -> Process {
        if let known = processes[pid] { return known }
        if processes.count >= Self.mostProcesses { processes = [:] }
        let process = Process()
        processes[pid] = process
        return process
    }
}

/// What a walk depends on, beside the words that it reads of the stack and what is mapped.
private struct Start: Hashable {
    let ip: UInt64
    let sp: UInt64
    let bp: UInt64
    let stackBytes: UInt32
}

/// The cache of a process, valid as long as its code mappings do not change.
private final class Process {
    let code = WalkedCode()
    private var walks: [Start: [WalkedStack]] = [:]
    private var count = 0
    /// A walk takes some 4 KiB.
    private static let mostWalks = 1024
    /// Those of one start differ in what lies on the stack.
    private static let mostOfOneStart = 8

    func walk(_ start: Start, _ thread: inout cu_thread) -> WalkedStack? {
        for walk in walks[start] ?? [] where walk.holds(for: &thread) { return walk }
        return nil
    }

    func remember(_ walk: WalkedStack, _ start: Start) {
        if count >= Self.mostWalks { (walks, count) = ([:], 0) }
        let known = walks[start]?.count ?? 0
        if known >= Self.mostOfOneStart {
            walks[start] = []
            count -= known
        }
        walks[start, default: []].append(walk)
        count += 1
    }
}
