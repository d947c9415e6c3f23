/// Nil where the transfers witness is there, and where no steady phase was seen.
func accountingWitness(_ observation: Observation) -> Witness? {
    let steady = observation.ledger.processes.filter { $0.steadyReached && !$0.phasesByKernel }
    guard observation.transfers.status != .active, !steady.isEmpty else { return nil }
    let unread = steady.first { $0.accounting.wasRefused || $0.accounting.isCutShort }
    guard let unread else { return .active }
    return .partial(
        unread.accounting.wasRefused
            ? "getrusage(2) was refused in \(name(of: unread))" : "\(name(of: unread)) ended without exit")
}

/// The second witness of transfers where the kernel cannot be asked for each: its I/O accounting must not know of more than the
/// transfers that the interposer saw. Where it knows of less (holes, file systems that account nothing), which would hide as much
/// of what was not seen, no call may have passed the interposer.
func accountingReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
    guard observation.transfers.status != .active, observation.attached == nil else { return [] }
    let processes = observation.ledger.processes
    return processes.compactMap(\.unseenReason)
        + processes.filter(\.steadyReached).flatMap { $0.accountingReasons(request) }
}

extension ProcessLedger {
    /// Transfers by the instruction come in no less than a block of 512 bytes: as little as a line of output may be buffered I/O.
    fileprivate var unseenReason: Reason? {
        if phasesByMarker { return nil }
        if accounting.isUnseenUnknown {
            if accounting.wasRefused { return steadyReached ? nil : refusal }
            return Reason(
                "whether \(name(of: self)) made transfers before the first that was seen is not known: it did not end by exit, "
                    + "or its file io in /proc could not be read", .root)
        }
        let block: UInt64 = 512
        let hasUnknownRing = steadyReached && accounting.rings == .unknown
        for (verb, unseen) in [("read from", accounting.readUnseen), ("written to", accounting.writtenUnseen)]
        where unseen.accounted >= block && (unseen.uncalled >= block || hasUnknownRing) {
            return Reason(
                "the kernel accounts \(plural(unseen.accounted, "byte")) \(verb) disks to \(name(of: self)) while it had an "
                    + "O_DIRECT file and before its first transfer that was seen, and "
                    + (unseen.uncalled >= block
                        ? "calls that were not seen moved \(unseen.uncalled)" : "it has a ring that was not seen")
                    + ": transfers that were not seen, or buffered I/O", .root)
        }
        return nil
    }

    private var refusal: Reason {
        Reason(
            "the kernel's I/O accounting of \(name(of: self)) is not known: getrusage(2) was refused",
            .filter("getrusage(2)"))
    }

    fileprivate func accountingReasons(_ request: AuditRequest) -> [Reason] {
        if accounting.wasRefused { return [refusal] }
        if accounting.isCutShort {
            // That is said already where page faults matter, or where it was meant to.
            return request.policy.forbids(.pageFaultMinor) || aborted
                ? []
                : [
                    Reason(
                        "the kernel's I/O accounting of \(name(of: self)) is not known in full: it ended within the steady "
                            + "phase, without exit", .endByExit)
                ]
        }
        return [
            accounting.read.unexplainedInSteady > 0
                ? accounting.read.excess("read from", self) : accounting.read.lack("reads", self),
            accounting.written.unexplainedInSteady > 0 && !accounting.isOfMetadata
                ? accounting.written.excess("written to", self) : accounting.written.lack("writes", self),
        ].compactMap(\.self)
    }
}

extension IOAccounting {
    /// A file system may make pages of its own dirty, which are accounted to the writer: bitmaps and inodes (ext4 without a
    /// journal). They hide no transfer: one by a system call would be among `uncalled`, and any other needs a ring. What the
    /// program submits to a library's ring by the library is seen; for what it may submit past it, the pages are limited.
    fileprivate var isOfMetadata: Bool {
        let page: UInt64 = 4096
        let pages: UInt64 =
            switch rings {
            case .none: .max / page
            case .known: 64
            case .unknown: 0
            }
        let unexplained = written.unexplainedInSteady
        return written.uncalled == 0 && unexplained % page == 0 && unexplained <= pages * page
    }
}

extension IOAccounting.Direction {
    /// What was accounted in the steady phase beyond what its transfers explain, and beyond what transfers of the warm-up left:
    /// these are deferred ones, and the warm-up lacks what they moved.
    fileprivate var unexplainedInSteady: UInt64 {
        // A reading that failed lets one go below zero, and the other as far above it.
        let lack = Int64(bitPattern: warmup.explained &- warmup.accounted)
        let leftOver = min(deferred, lack > 0 ? UInt64(lack) : 0)
        return steady.unexplained > leftOver ? steady.unexplained - leftOver : 0
    }

    fileprivate func excess(_ verb: String, _ process: ProcessLedger) -> Reason {
        Reason(
            "the kernel accounts \(plural(steady.accounted, "byte")) \(verb) disks in the steady phase to "
                + "\(name(of: process)), and the transfers seen explain \(steady.explained): transfers that were not seen, or "
                + "buffered I/O", .root)
    }

    /// Null where more calls were seen than the kernel counts: then the difference says nothing.
    private static func moved(_ uncalled: UInt64) -> UInt64? { Int64(bitPattern: uncalled) > 0 ? uncalled : nil }

    fileprivate func lack(_ calls: String, _ process: ProcessLedger) -> Reason? {
        guard steady.accounted < steady.explained, uncalled != 0 else { return nil }
        return Reason(
            "the kernel accounts only \(steady.accounted) of \(plural(steady.explained, "byte")) of the steady phase's "
                + "\(calls) to \(name(of: process)) (holes, or a file system that does not account), and "
                + (uncalled.flatMap(Self.moved).map { "\(plural($0, "byte")) moved by calls that were not seen" }
                    ?? "whether other calls moved data is not known (/proc/PID/io)"),
            .root)
    }
}
