import AuditCore

/// A process that passes: locked, one warm-up transfer, a hundred steady ones, nothing allocated after setup. Each
/// test takes one thing away.
func cleanProcess(pid: Int32 = 10) -> ProcessLedger {
    var process = ProcessLedger(pid: pid, parentPid: 1, executable: "/bin/subject")
    process.steadyReached = true
    process.lock.calls = 1
    process.lock.flags = [.current, .future]
    process.lock.flagsAtSteady = [.current, .future]
    process.lock.lockedBytes = 4096
    process.lock.observed = true
    process.phases[.setup].events[.malloc] = EventCount(calls: 5, bytes: 500)
    process.phases[.warmup].transfers = 1
    process.phases[.steady].transfers = 100
    process.threads = [ThreadLedger(tid: pid, name: "main", doesTransfers: true)]
    return process
}

extension ProcessLedger {
    /// Lets the process and its first thread have allocated.
    mutating func add(_ kind: EventKind, _ calls: UInt64, in phase: Phase, lastAt transfer: UInt64) {
        phases[phase].events[kind].calls += calls
        threads[0].phases[phase].events[kind].calls += calls
        threads[0].lastTransfer[kind] = max(threads[0].lastTransfer[kind] ?? 0, transfer)
    }
}

func observation(_ processes: ProcessLedger...) -> Observation {
    var ledger = Ledger()
    ledger.processes = processes
    let subject = Subject(command: ["subject"], exit: SubjectExit(code: 0), processes: processes.count)
    var observation = Observation(subject: subject, ledger: ledger, pid: 10)
    observation.syscalls = .active
    return observation
}

func site(
    _ kind: EventKind, calls: UInt64, first: UInt64 = 1
) -> Site {
    Site(
        kind: kind, count: EventCount(calls: calls, bytes: calls * 8),
        firstTransfer: first, tid: 10, thread: "main", stack: [Frame(function: "site", offset: 1)])
}

extension AuditRequest {
    static func with(_ change: (inout AuditRequest) -> Void) -> AuditRequest {
        var request = AuditRequest()
        change(&request)
        return request
    }
}

func judge(_ observation: Observation, by request: AuditRequest = AuditRequest()) -> Audit {
    judge("example", observation, by: request)
}
