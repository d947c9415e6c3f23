func lockReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
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
        if lock.lostInSteady {
            return Reason("\(name(of: process)) released its memory lock in the steady phase", .keepLock)
        }
        return Reason(
            lock.calls == 0 && !process.hasCalledMlockallUnseen
                ? "the memory lock is required, and \(name(of: process)) never called mlockall(MCL_CURRENT|MCL_FUTURE)"
                : "the memory lock is required, and MCL_FUTURE was not in effect in \(name(of: process)) when its steady "
                    + "phase began", .lockInSetup)
    }
}

extension ProcessLedger {
    /// A process that never reported has called mlockall.
    fileprivate var hasCalledMlockallUnseen: Bool {
        phasesByKernel && (earlierLockCalls[.mlockall] != nil || otherCalls[.mlockall] != nil)
    }
}

/// Why a lock that the interposer saw taken may not hold: calls that bypass libc can undo it.
private func doubt(about process: ProcessLedger, lockedAtStart: Bool) -> Reason? {
    let lock = process.lock
    guard lock.inEffectThroughSteady else { return nil }
    if !lock.observed {
        return Reason(
            "\(name(of: process)) called mlockall(MCL_FUTURE), but could not read in /proc whether its memory was locked "
                + "when its steady phase began", .ownProc)
    }
    if lock.lockedBytes == 0 {
        return Reason(
            "\(name(of: process)) called mlockall(MCL_FUTURE), but nothing was locked when its steady phase began (VmLck)",
            .findUnlock)
    }
    if process.growth.unlockedBytes > 0 {
        return Reason(
            "\(name(of: process)) had \(plural(process.growth.unlockedBytes, "byte")) less locked when its steady phase ended "
                + "(VmLck), which no counted call explains", .findUnlock)
    }
    for (call, kind) in [(OtherCall.mlockall, EventKind.mlockall), (.munlockall, .munlockall)] {
        let seen = process.earlierLockCalls[call] ?? 0
        let counted = process.phases[.setup].events[kind].calls + process.phases[.warmup].events[kind].calls
        // --lock's own call is no event of the program's. TRAP: a later call of the program stands for none before the steady
        // phase. Fixture: locks-again.c
        if seen > counted + (call == .mlockall && lockedAtStart ? 1 : 0) {
            return Reason(
                "the kernel saw \(plural(seen - counted, "\(call.rawValue) system call")) of \(name(of: process)) before "
                    + "its steady phase that bypassed libc: whether its memory is locked is unknown", .libcCalls)
        }
    }
    switch lock.newMappings {
    case .locked: return nil
    case .unlocked:
        return Reason(
            "\(name(of: process)) called mlockall(MCL_FUTURE), but what it maps anew is not locked: a call that bypassed libc "
                + "has ended that, in its steady phase or at another time", .findUnlock)
    case .unknown:
        return Reason(
            "\(name(of: process)) called mlockall(MCL_FUTURE), but whether what it maps anew is locked could not be asked "
                + "(mmap, madvise)", .filter("mmap(2), madvise(2) and munmap(2)"))
    }
}

/// By mlockall(2) and the kernel's mm/mlock.c: the limit is the cause only where it is below what the process has mapped.
private func lockFailure(_ process: ProcessLedger, limit: UInt64?) -> Reason {
    let lock = process.lock
    let failed = "mlockall failed in \(name(of: process)) (\(errorName(lock.errno)))"
    if lock.errno == 22 { return Reason(failed, .lockFlags) }
    if let shortage = LockShortage(lock, inheritedLimit: limit) {
        return Reason("\(failed): it \(shortage.need())", Remedy(shortage.remedy()))
    }
    return Reason(
        "\(failed): the kernel could not lock what is mapped, and RLIMIT_MEMLOCK is not the cause", .lockErrors)
}

/// Those of mlockall(2).
private func errorName(_ number: Int32) -> String {
    switch number {
    case 1: "EPERM"
    case 11: "EAGAIN"
    case 12: "ENOMEM"
    case 22: "EINVAL"
    default: "errno \(number)"
    }
}
