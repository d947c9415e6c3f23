extension Ledger {
    /// Adds the kernel's count of transfers to the ledgers of the processes that made them.
    ///
    /// - Parameter owners: of `processes`, in their order.
    package mutating func add(_ book: TransfersBook, of owners: [Owner]) {
        let places = Dictionary(uniqueKeysWithValues: zip(owners, processes.indices))
        for index in processes.indices {
            processes[index].kernelTransfers = KernelTransfers()
            processes[index].image = owners[index].arena
        }
        for (key, count) in book.reported {
            guard let index = places[key.owner] else { continue }
            processes[index].add(count, key)
        }
        for index in processes.indices { processes[index].markTransferringThreads() }
        for (owner, unknown) in book.requests {
            guard let index = places[owner] else { continue }
            processes[index].kernelTransfers?.unknown = unknown
        }
        unreportedTransfers = book.unreported.mapValues { $0.values.reduce(0, +) }
    }
}

extension ProcessLedger {
    fileprivate mutating func add(_ count: EventCount, _ key: TransfersBook.Key) {
        if phasesByKernel { addToPhase(count, key) }
        // Calls that failed.
        guard count.calls > 0 else { return }
        kernelTransfers?.calls[key.call.rawValue, default: 0] += count.calls
        if phase(of: key.moment) == .steady { kernelTransfers?.steady += count.calls }
        if key.call != .ioUring { kernelTransfers?.threads[key.tid, default: 0] += count.calls }
    }

    /// The interposer counted none.
    private mutating func addToPhase(_ count: EventCount, _ key: TransfersBook.Key) {
        let phase = phase(of: key.moment)
        if !threads.contains(where: { $0.tid == key.tid }) {
            threads.append(ThreadLedger(tid: key.tid, name: "", doesTransfers: false))
        }
        let thread = threads.firstIndex { $0.tid == key.tid }!
        if phase == .steady || steadyBeginsLate { threads[thread].doesTransfers = true }
        threads[thread].phases[phase].transfers += count.calls
        threads[thread].phases[phase].addTransferredBytes(count.bytes)
        phases[phase].transfers += count.calls
        phases[phase].addTransferredBytes(count.bytes)
    }

    /// In rows that several threads share.
    var transfersOfNoThread: UInt64 { threads.lazy.filter { $0.tid == 0 }.reduce(0) { $0 + $1.phases.transfers } }

    /// The interposer may have seen none of a thread's transfers. A thread that has ended may have left its number to another.
    fileprivate mutating func markTransferringThreads() {
        let pooled = transfersOfNoThread
        for index in threads.indices where threads[index].tid != 0 {
            let seen = kernelTransfers?.threads[threads[index].tid] ?? 0
            if seen > threads[index].phases.transfers + pooled { threads[index].doesTransfers = true }
        }
    }
}

/// A process's transfers on O_DIRECT files as the kernel saw them.
public struct KernelTransfers: Equatable, Sendable, Codable {
    /// By the system call, `io_submit` or `io_uring`.
    public var calls: [String: UInt64] = [:]
    public var steady: UInt64 = 0
    /// By thread, without io_uring's.
    public var threads: [Int32: UInt64] = [:]
    package var unknown = UnknownTransfers()

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case calls
    }

    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.calls.merge(right.calls, uniquingKeysWith: +)
        sum.steady += right.steady
        sum.threads.merge(right.threads, uniquingKeysWith: +)
        sum.unknown += right.unknown
        return sum
    }

    public var all: UInt64 { calls.values.reduce(0, +) }

    /// The most frequent first.
    private var sorted: [(key: String, value: UInt64)] { calls.sorted { ($1.value, $0.key) < ($0.value, $1.key) } }

    public var names: String { sorted.map(\.key).joined(separator: ", ") }

    /// Their calls as words: `pread64 20, io_uring 5`.
    var text: String { sorted.map { "\($0.key) \($0.value)" }.joined(separator: ", ") }
}
