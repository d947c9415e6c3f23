import AuditCore
import CLinuxHost
import Glibc
import LedgerABI
import LinuxSystem

/// The shared ledger of one subject, from before it starts until it has been read.
///
/// A memfd: it has no name that could be left behind, however we end.
package struct Session: ~Copyable {
    package let fd: FileDescriptor
    /// The ledger socket, for processes that may not open files below our /proc entry, or that do not know their numbers here; null
    /// if it could not be made.
    package let ledgerSocket: FileDescriptor?
    private let socketName: String
    private let clockAtStart = clockDifference()
    /// As it was written: the subject may not change it.
    let written: dioaudit_session

    /// Makes an empty ledger and writes the interposer's configuration.
    package init(_ request: AuditRequest) throws(AuditError) {
        let session = dioaudit_session(
            magic: DIOAUDIT_LEDGER_MAGIC,
            version: DIOAUDIT_LEDGER_VERSION,
            arena_bytes: UInt32(DIOAUDIT_ARENA_BYTES),
            config: dioaudit_config(request),
            arenas_claimed: 0,
            images_refused: 0,
            told: DIOAUDIT_TOLD_NOTHING.rawValue)
        let ledger = try memoryFile("dioaudit-ledger", for: "the ledger")
        do throws(AuditError) {
            try resize(ledger)
            let page = try Mapping(ledger, offset: 0, length: Int(DIOAUDIT_PAGE), writable: true)
            page.start.bindMemory(to: dioaudit_session.self, capacity: 1).pointee = session
        } catch {
            ledger.closeQuietly()
            throw error
        }
        fd = ledger
        written = session
        var random: [UInt8] = Array(repeating: 0, count: 16)
        getentropy(&random, random.count)
        socketName = "dioaudit-" + random.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        // Without it the report names processes that were not observed.
        ledgerSocket = try? FileDescriptor(answer: cl_question_socket(socketName))
    }

    deinit {
        fd.closeQuietly()
        ledgerSocket?.closeQuietly()
    }

    /// The variable that names the ledger for the interposer, as `NAME=value`.
    package var environment: String {
        DIOAUDIT_LEDGER_ENVIRONMENT + "=/proc/\(getpid())/fd/\(fd.rawValue)"
            + (ledgerSocket == nil ? "" : ",\(socketName),0000")
    }
}

private func resize(_ ledger: FileDescriptor) throws(AuditError) {
    do throws(Errno) {
        try granted(cl_resize(ledger.rawValue, dioaudit_ledger_bytes()))
        // TRAP: a subject that truncates the ledger would let us die of SIGBUS. Fixture: scribbles.c
        try granted(cl_seal_size(ledger.rawValue))
    } catch .fileTooLarge {
        throw AuditError(
            "the limit on the size of files (RLIMIT_FSIZE) leaves no room for it", at: "the ledger",
            remedy: "raise it to \(dioaudit_ledger_bytes() >> 20) MiB, most of which stays a hole: ulimit -f unlimited",
            exit: .usage)
    } catch {
        throw systemError("ftruncate", error, at: "the ledger")
    }
}

extension Session {
    /// The distances of the two clocks that a process may have seen. The wall clock may have been set meanwhile, or the machine may
    /// have slept.
    func plausibleClocks() -> ClosedRange<Int64> {
        let (tolerance, now) = (Int64(500_000_000), clockDifference())
        return min(clockAtStart, now) - tolerance...max(clockAtStart, now) + tolerance
    }
}

/// CLOCK_REALTIME minus CLOCK_MONOTONIC, in nanoseconds: another in a time namespace (time_namespaces(7)).
private func clockDifference() -> Int64 {
    let read = { (clock: Int32) in
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    return read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC)
}

extension dioaudit_config {
    fileprivate init(_ request: AuditRequest) {
        self.init()
        warmup_transfers = (request.warmup.reads, request.warmup.writes)
        warmup_of_process = request.warmup.transfers
        warmup_nanoseconds = request.warmup.nanoseconds
        follows_host = request.steadyFrom != nil || request.steadyTo != nil ? 1 : 0
        steady_when_told = request.steadyFrom != nil ? 1 : 0
        strict_events = (0..<UInt32(DIOAUDIT_EVENT_COUNT.rawValue))
            .filter { EventKind(event: $0).map(request.policy.forbidden.contains) ?? false }
            .reduce(0) { $0 | 1 << UInt64($1) }
        lock_at_start = request.lockAtStart ? 1 : 0
        phases_by_marker = request.phasesByMarker ? 1 : 0
        squeeze = request.squeezeSlack == nil ? 0 : 1
        pid_namespace = pidNamespace() ?? 0
        largest_folio = largestFolio()
        switch request.enforce {
        case .report: enforce = DIOAUDIT_ENFORCE_REPORT.rawValue
        case .abort: enforce = DIOAUDIT_ENFORCE_ABORT.rawValue
        case .deny: enforce = DIOAUDIT_ENFORCE_DENY.rawValue
        }
        switch request.scope {
        case .process: scope = DIOAUDIT_SCOPE_PROCESS.rawValue
        case .ioThreads: scope = DIOAUDIT_SCOPE_IO_THREADS.rawValue
        case .threads(let pattern):
            scope = DIOAUDIT_SCOPE_THREADS.rawValue
            withUnsafeMutableBytes(of: &scope_pattern) { $0.copyBytes(from: pattern.utf8.prefix($0.count - 1)) }
        }
    }
}

extension EventKind {
    /// The kind of an `enum dioaudit_event`.
    init?(event: UInt32) {
        guard let key = dioaudit_event_key(event) else { return nil }
        self.init(rawValue: String(cString: key))
    }
}
