/// Where the kernel's count of a process's transfers and the interposer's differ: what was not seen by both is in no phase
/// that can be relied upon.
func transferReasons(_ observation: Observation) -> [Reason] {
    guard observation.transfers.status != .unavailable else { return [] }
    var reasons = [observation.transfers.reason()].compactMap(\.self)
    reasons += observation.ledger.processes.filter(\.phasesByKernel).compactMap {
        $0.kernelTransfers?.unknown.reason(of: name(of: $0))
    }
    let processes = observation.ledger.processes.filter { !$0.phasesByKernel }
    for (_, ofImage) in Dictionary(grouping: processes, by: \.image).sorted(by: { $0.key < $1.key }) {
        // Rows that processes share do not say whose a transfer was.
        let haveOwnRows = ofImage.allSatisfy { $0.lost.threadCalls == 0 } || ofImage.count == 1
        reasons += haveOwnRows ? ofImage.compactMap(\.transferDifference) : [ofImage.summedDifference].compactMap { $0 }
    }
    if reasons.count > mostDifferences {
        let more = plural(UInt64(reasons.count - mostDifferences), "more difference")
        reasons =
            reasons.prefix(mostDifferences)
            + [Reason("the kernel and the interposer saw other transfers in \(more)", .knownTransfers)]
    }
    return reasons + unreportedReasons(observation.ledger.unreportedTransfers)
}

/// So that the first screen holds the others, too.
private let mostDifferences = 4

private func unreportedReasons(_ transfers: [Int32: UInt64]) -> [Reason] {
    guard let first = transfers.keys.min() else { return [] }
    let all = plural(transfers.values.reduce(0, +), "transfer")
    let who =
        transfers.count == 1
        ? "process \(first), which" : "\(transfers.count) processes (pid \(first) and others), which"
    return [Reason("the kernel saw \(all) on O_DIRECT files by \(who) never reported", .interposable)]
}

extension ProcessLedger {
    /// In words; null if every transfer that one saw was seen by the other, in the same thread.
    fileprivate var transferDifference: Reason? {
        guard let kernel = kernelTransfers else { return nil }
        return differenceOfCounts(kernel, phases.transfers, of: name(of: self)) ?? threadDifference(kernel)
    }

    /// Threads that have ended may have lost their number in the interposer's rows, but not in the kernel's.
    private func threadDifference(_ kernel: KernelTransfers) -> Reason? {
        guard kernel.calls[TransferCall.ioUring.rawValue] == nil, kernel.unknown == UnknownTransfers() else {
            return nil
        }
        var pooled = transfersOfNoThread
        var childrens = kernel.threads[0] ?? 0
        for (tid, seen) in kernel.threads.sorted(by: { $0.key < $1.key }) where tid != 0 {
            let thread = threads.first { $0.tid == tid }
            let counted = thread?.phases.transfers ?? 0
            guard counted != seen else { continue }
            if counted < seen, pooled >= seen - counted {
                pooled -= seen - counted
                continue
            }
            if counted > seen, counted - seen <= childrens {
                childrens -= counted - seen
                continue
            }
            let named = thread.map { "thread \($0.name) (\(tid))" } ?? "thread \(tid)"
            return Reason(
                "the kernel saw \(plural(seen, "transfer")) on O_DIRECT files by \(named) of \(name(of: self)), and the "
                    + "interposer \(counted)", .knownTransfers)
        }
        return nil
    }
}

extension [ProcessLedger] {
    /// Of a program and the children that it forked.
    fileprivate var summedDifference: Reason? {
        let kernel = compactMap(\.kernelTransfers).reduce(KernelTransfers()) { $0 + $1 }
        return differenceOfCounts(
            kernel, reduce(0) { $0 + $1.phases.transfers },
            of: "\(name(of: self[0])) and the children that it forked")
    }
}

/// - Parameter counted: by the interposer.
private func differenceOfCounts(_ kernel: KernelTransfers, _ counted: UInt64, of who: String) -> Reason? {
    let unknown = kernel.unknown
    // A request of io_uring's counts for the interposer when it is submitted, and may fail later.
    let least = kernel.all + unknown.failed
    let most = least + unknown.withoutFile + unknown.partlyTaken
    let calls = kernel.calls.isEmpty ? "" : " (\(kernel.text))"
    if counted < least {
        return Reason(
            "the kernel saw \(plural(least, "transfer")) on O_DIRECT files by \(who)\(calls), and the interposer \(counted): "
                + "what was done between those that it did not see may count in another phase", .knownTransfers)
    }
    if let unknown = unknown.reason(of: who) { return unknown }
    if counted > most {
        return Reason(
            "the interposer counted \(plural(counted, "transfer")) of \(who), of which the kernel saw \(most) on O_DIRECT "
                + "files\(calls)", .knownTransfers)
    }
    return nil
}

extension UnknownTransfers {
    /// Null if it is known of each request that moved data whether it is one on an O_DIRECT file.
    fileprivate func reason(of who: String) -> Reason? {
        if unseen > 0 {
            return Reason(
                "\(who) made \(plural(unseen, "request")) of io_uring of which the kernel does not show whether they moved data of "
                    + "an O_DIRECT file (a splice, IOSQE_CQE_SKIP_SUCCESS, a full completion queue)", .visibleRequests)
        }
        guard partlyTaken > 0 else { return nil }
        return Reason(
            "the kernel took a part of what \(who) submitted by io_submit: of \(plural(partlyTaken, "iocb")) it is not known whether "
                + "they are of an O_DIRECT file", .directIocbs)
    }
}
