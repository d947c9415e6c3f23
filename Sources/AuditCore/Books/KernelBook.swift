/// Kernel allocations by process, thread, phase and call site, and the page faults of the steady phase.
package struct KernelBook {
    package struct Allocations: Hashable {
        package let kind: KernelAllocation.Kind
        package let site: UInt64
        package let outerSite: UInt64
        package let gfp: UInt64
        package let text: Int32
        package let stack: Int32
        /// Of each of them; null where they are not distinguished any more.
        package let bytes: UInt64?
        /// As `KernelRecord` has it.
        package let isFlusher: Bool?
    }

    package struct Key: Hashable {
        package let owner: Owner
        package let tid: Int32
        package let moment: PhaseBook.Moment
        package let what: Allocations
    }

    package struct InterruptKey: Hashable {
        package let owner: Owner
        package let moment: PhaseBook.Moment
        package let kind: KernelAllocation.Kind
    }

    /// Page faults of one instruction in one mapping.
    package struct FaultKey: Hashable {
        package let owner: Owner
        package let tid: Int32
        package let moment: PhaseBook.Moment
        package let module: Int32
        package let instruction: UInt64
        package let memory: FaultedMemory
        /// In the watch's `stacks`; -1: none was taken.
        package let stack: Int32
    }

    /// Of the page faults of a thread in a phase.
    package struct FaultsKey: Hashable {
        package let owner: Owner
        /// 0: of threads that are not distinguished.
        package let tid: Int32
        package let moment: PhaseBook.Moment
    }

    package struct Thread: Hashable {
        package let pid: Int32
        package let tid: Int32

        package init(pid: Int32, tid: Int32) {
            self.pid = pid
            self.tid = tid
        }
    }

    package struct FaultCount {
        package var calls: UInt64 = 0
        package var firstAddress: UInt64 = 0
    }

    /// Beyond this number of keys, threads of a process and sizes are no longer distinguished.
    private static let mostKeys = 1 << 16

    package private(set) var counts: [Key: EventCount] = [:]
    package private(set) var interrupts: [InterruptKey: UInt64] = [:]
    /// All faults of a phase: `faults` has room for so many places only.
    package private(set) var faultsOf: [FaultsKey: UInt64] = [:]
    package private(set) var faults: [FaultKey: FaultCount] = [:]
    /// Processes that were made, share the memory and are no threads.
    package struct Sharers {
        package var all: UInt32 = 0
        /// For which their maker waits, as by vfork(2).
        package var awaited: UInt32 = 0
        /// Of those: made by code of libc, such as posix_spawn(3) and wordexp(3), or by the interposer's vfork.
        package var byLibc: UInt32 = 0
    }

    package private(set) var sharers: [Owner: Sharers] = [:]
    /// Of processes that never reported, by pid.
    package private(set) var unreported: [Int32: [Allocations: EventCount]] = [:]
    /// The user's part of call chains, where its addresses lay when it was taken.
    package private(set) var userFrames: [[UInt64]: [Frame]] = [:]
    package private(set) var spaces = AddressSpaces()
    /// Processes whose fork or exec the kernel reported.
    package private(set) var pids: Set<Int32> = []
    /// Page faults of our own breakpoints, by thread.
    package private(set) var ownFaults: [Int32: UInt64] = [:]
    /// The addresses of our own breakpoints.
    private let probes: Set<UInt64>

    /// - Parameter probes: addresses of functions with uprobes of ours.
    package init(probes: [UInt64] = []) {
        self.probes = Set(probes)
    }

    /// A process has left its setup.
    package var hasPhases: Bool { counts.keys.contains { ![.setup, .exit].contains($0.moment.phase) } }

    /// The kernel's addresses among the counts.
    package var sites: Set<UInt64> {
        let kinds = counts.keys.map(\.what) + unreported.values.flatMap(\.keys)
        return Set(kinds.map(\.site)).union(kinds.map(\.outerSite))
    }

    /// - Parameter ancestry: an empty one counts forked children apart.
    /// - Returns: the threads among the records that allocated after their setup, and of which the records do not say whether they
    ///   are I/O flushers. That is to be read while they run.
    package mutating func add(
        _ records: [KernelRecord], _ phases: PhaseBook, _ ancestry: Ancestry, _ texts: Interner<String>,
        _ stacks: Interner<KernelStack>
    ) -> Set<Thread> {
        var allocating = Set<Thread>()
        var intervals = RecentIntervals(phases, ancestry)
        for record in records {
            switch record.kind {
            case .mapped:
                let path = texts[record.text] ?? ""
                spaces.map(
                    record, isInterposer: path.isOfInterposer, isOfUprobes: path == "[uprobes]")
            case .forked:
                pids.insert(record.pid)
                spaces.fork(record.pid, from: Int32(truncatingIfNeeded: record.site))
            case .becameProgram:
                pids.insert(record.pid)
                spaces.exec(record.pid)
            case .sharesMemory(let isAwaited):
                if let (owner, _) = intervals.interval(of: record.pid, tid: record.tid, at: record.nanoseconds).found {
                    sharers[owner, default: Sharers()].all += 1
                    guard isAwaited else { continue }
                    sharers[owner]!.awaited += 1
                    let code = spaces.file(record.pid, record.userIP, texts)
                    if let path = code?.path, path.isOfLibc || path.isOfInterposer { sharers[owner]!.byLibc += 1 }
                }
            case .ended: break
            case .allocation, .interrupt, .fault:
                if isOurOwn(record) { continue }
                let interval = intervals.interval(of: record.pid, tid: record.tid, at: record.nanoseconds)
                add(record, interval)
                if case .allocation = record.kind, record.isFlusher == nil, let (_, moment) = interval.found,
                    moment.phase != .setup
                {
                    allocating.insert(Thread(pid: record.pid, tid: record.tid))
                }
                if let stack = stacks[record.stack] { noteUserFrames(stack.user, of: record.pid, texts) }
            }
        }
        return allocating
    }

    private mutating func add(_ record: KernelRecord, _ interval: PhaseBook.PhaseInterval) {
        switch record.kind {
        case .allocation(let kind): addAllocation(kind, record, interval)
        case .interrupt(let kind):
            if let (owner, moment) = interval.found {
                interrupts[InterruptKey(owner: owner, moment: moment, kind: kind), default: 0] += 1
            }
        default: if let (owner, moment) = interval.found, moment.isStrict { addFault(record, owner, moment) }
        }
    }

    /// Events of the interposer, or of a uprobe when it is hit, are not the subject's.
    private mutating func isOurOwn(_ record: KernelRecord) -> Bool {
        if case .fault = record.kind {
            let isOurs = spaces.isOfUprobes(record.pid, record.address)
            if isOurs { ownFaults[record.tid, default: 0] += 1 }
            return isOurs || spaces.isInterposer(record.pid, record.userIP)
        }
        return spaces.isInterposer(record.pid, record.userIP) || spaces.isOfUprobes(record.pid, record.userIP)
            // The processor has the breakpoint behind it.
            || probes.contains(record.userIP) || probes.contains(record.userIP &- 1)
    }

    private mutating func addAllocation(
        _ kind: KernelAllocation.Kind, _ record: KernelRecord, _ interval: PhaseBook.PhaseInterval
    ) {
        let what = Allocations(
            kind: kind, site: record.site, outerSite: record.outerSite, gfp: record.gfp, text: record.text,
            stack: record.stack, bytes: counts.count < Self.mostKeys ? record.bytes : nil, isFlusher: record.isFlusher)
        let one = EventCount(calls: 1, bytes: record.bytes)
        guard let (owner, moment) = interval.found else {
            unreported[record.pid, default: [:]][what, default: EventCount()] += one
            return
        }
        let tid = counts.count < Self.mostKeys ? record.tid : 0
        counts[Key(owner: owner, tid: tid, moment: moment, what: what), default: EventCount()] += one
    }

    private mutating func noteUserFrames(_ addresses: [UInt64], of pid: Int32, _ texts: Interner<String>) {
        guard userFrames[addresses] == nil else { return }
        userFrames[addresses] = addresses.map { spaces.frame(pid, $0, texts) }
            .filter { !($0.module?.isOfInterposer ?? false) }
    }

    private mutating func addFault(_ record: KernelRecord, _ owner: Owner, _ moment: PhaseBook.Moment) {
        let thread = faultsOf.count < Self.mostKeys ? record.tid : 0
        faultsOf[FaultsKey(owner: owner, tid: thread, moment: moment), default: 0] += 1
        let code = spaces.place(record.pid, record.userIP)
        let key = FaultKey(
            owner: owner, tid: record.tid, moment: moment, module: code?.text ?? -1,
            instruction: code.map { record.userIP - $0.start + $0.offset } ?? record.userIP,
            memory: memory(record), stack: record.stack)
        guard faults[key] != nil || faults.count < Self.mostKeys else { return }
        faults[key, default: FaultCount(firstAddress: record.address)].calls += 1
    }

    /// A thread's stack is the mapping that holds its stack pointer; the kernel reports none for the first thread.
    private func memory(_ record: KernelRecord) -> FaultedMemory {
        let place = spaces.place(record.pid, record.address)
        let stack = spaces.place(record.pid, record.userSP)
        let isNearStackPointer =
            record.address &+ (1 << 16) >= record.userSP && record.address < record.userSP &+ (8 << 20)
        if place?.start == stack?.start, isNearStackPointer { return .stack }
        return place.map { .mapping($0.text) } ?? .unknown
    }
}

package enum FaultedMemory: Hashable {
    case stack
    /// In the watch's `texts`.
    case mapping(Int32)
    case unknown
}

extension String {
    /// The path is of the interposer.
    fileprivate var isOfInterposer: Bool { hasSuffix("/libdioaudit_preload.so") }
}
