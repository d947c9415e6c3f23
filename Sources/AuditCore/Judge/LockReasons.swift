func lockReasons(_ observation: Observation, _ request: AuditRequest) -> [String] {
    // A forked child does not inherit the lock (mlockall(2)), and nor does what exec makes of a process.
    let subjectLocks = observation.ledger.processes.contains { $0.lock.calls > 0 || $0.hasCalledMlockallUnseen }
    return observation.ledger.processes.compactMap { process in
        let lock = process.lock
        guard request.lock.applies(subjectLocks: subjectLocks) else { return nil }
        if lock.failed { return lockFailure(process, limit: observation.memlockLimit) }
        // What is not known of its lock is said with the rest.
        if process.phasesByKernel, !lock.observed || lock.inEffectThroughSteady { return nil }
        if process.steadyReached, let doubt = doubt(about: process, lockedAtStart: request.lockAtStart) { return doubt }
        guard process.steadyReached, !lock.inEffectThroughSteady else { return nil }
        if lock.lostInSteady { return "\(name(of: process)) released its memory lock in the steady phase" }
        return lock.calls == 0 && !process.hasCalledMlockallUnseen
            ? "the memory lock is required, and \(name(of: process)) never called mlockall(MCL_CURRENT|MCL_FUTURE)"
            : "the memory lock is required, and MCL_FUTURE was not in effect in \(name(of: process)) when its steady "
                + "phase began"
    }
}

extension ProcessLedger {
    /// A process that never reported has called mlockall.
    fileprivate var hasCalledMlockallUnseen: Bool {
        phasesByKernel && (earlierLockCalls[.mlockall] != nil || otherCalls[.mlockall] != nil)
    }
}

/// Why a lock that the interposer saw taken may not hold: calls that bypass libc can undo it.
private func doubt(about process: ProcessLedger, lockedAtStart: Bool) -> String? {
    let lock = process.lock
    guard lock.inEffectThroughSteady else { return nil }
    if !lock.observed {
        return "\(name(of: process)) called mlockall(MCL_FUTURE), but could not read in /proc whether its memory was "
            + "locked when its steady phase began"
    }
    if lock.lockedBytes == 0 {
        return
            "\(name(of: process)) called mlockall(MCL_FUTURE), but nothing was locked when its steady phase began (VmLck)"
    }
    if process.growth.unlockedBytes > 0 {
        return
            "\(name(of: process)) had \(plural(process.growth.unlockedBytes, "byte")) less locked when its steady phase ended "
            + "(VmLck), which no counted call explains"
    }
    for (call, kind) in [(OtherCall.mlockall, EventKind.mlockall), (.munlockall, .munlockall)] {
        let seen = process.earlierLockCalls[call] ?? 0
        let counted = process.phases[.setup].events[kind].calls + process.phases[.warmup].events[kind].calls
        // --lock's own call is no event of the program's. TRAP: a later call of the program stands for none before the steady
        // phase. Fixture: locks-again.c
        if seen > counted + (call == .mlockall && lockedAtStart ? 1 : 0) {
            return
                "the kernel saw \(plural(seen - counted, "\(call.rawValue) system call")) of \(name(of: process)) before "
                + "its steady phase that bypassed libc: whether its memory is locked is unknown"
        }
    }
    switch lock.newMappings {
    case .locked: return nil
    case .unlocked:
        return
            "\(name(of: process)) called mlockall(MCL_FUTURE), but what it maps anew is not locked: a call that bypassed libc "
            + "has ended that, in its steady phase or at another time"
    case .unknown:
        return
            "\(name(of: process)) called mlockall(MCL_FUTURE), but whether what it maps anew is locked could not be asked "
            + "(mmap, madvise)"
    }
}

private func lockFailure(_ process: ProcessLedger, limit: UInt64?) -> String {
    let (error, cause) = whyMlockallFailed(process.lock, limit: limit)
    return "mlockall failed in \(name(of: process)) (\(error)): \(cause)"
}

/// By mlockall(2) and the kernel's mm/mlock.c: the limit is the cause only where it is below what the process has mapped.
private func whyMlockallFailed(_ lock: ProcessLock, limit: UInt64?) -> (error: String, cause: String) {
    let short =
        LockShortage(lock, inheritedLimit: limit).map { "it " + $0.advice() }
        ?? "the kernel could not lock what is mapped, and RLIMIT_MEMLOCK is not the cause"
    return switch lock.errno {
    case 1: ("EPERM", short)
    case 11: ("EAGAIN", short)
    case 12: ("ENOMEM", short)
    case 22: ("EINVAL", "its flags must be MCL_CURRENT, MCL_FUTURE or both; MCL_ONFAULT only with one of them")
    case let number: ("errno \(number)", short)
    }
}
