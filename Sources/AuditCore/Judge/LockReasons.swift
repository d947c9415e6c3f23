func lockReasons(_ observation: Observation, _ requirements: Requirements) -> [String] {
    // A forked child does not inherit the lock (mlockall(2)), and nor does what exec makes of a process.
    let subjectLocks = observation.ledger.processes.contains { $0.lock.calls > 0 }
    return observation.ledger.processes.compactMap { process in
        let lock = process.lock
        guard requirements.lock.applies(subjectLocks: subjectLocks) else { return nil }
        let succeededLater = lock.flags.union(lock.flagsAtSteady).contains(.future)
        if lock.errno != 0 && !succeededLater { return lockFailure(process, limit: observation.memlockLimit) }
        guard process.steadyReached, !lock.inEffectThroughSteady else { return nil }
        if lock.lostInSteady { return "\(name(of: process)) gave up its memory lock in the steady phase" }
        return lock.calls == 0
            ? "the memory lock is required, and \(name(of: process)) never called mlockall(MCL_CURRENT|MCL_FUTURE)"
            : "the memory lock is required, and MCL_FUTURE was not in effect in \(name(of: process)) when its steady "
                + "phase began"
    }
}

private func lockFailure(_ process: ProcessLedger, limit: UInt64?) -> String {
    let cause =
        switch process.lock.errno {
        case 1: "EPERM"
        case 11: "EAGAIN"
        case 12: "ENOMEM"
        case let number: "errno \(number)"
        }
    let kib = (process.lock.bytesNeeded + 1023) / 1024
    let allowed = limit.map { "\($0 / 1024) KiB" } ?? "no limit"
    return "mlockall failed in \(name(of: process)) (\(cause)): it needs \(kib) KiB, RLIMIT_MEMLOCK is \(allowed); "
        + "raise it with 'ulimit -l \(kib)', 'memlock' in /etc/security/limits.conf, or systemd's LimitMEMLOCK="
}
