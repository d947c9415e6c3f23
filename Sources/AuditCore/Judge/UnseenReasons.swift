extension ProcessLedger {
    /// What of the process was not seen, or cannot be told to a phase.
    func unseenReasons(_ observation: Observation, _ request: AuditRequest) -> [Reason] {
        faultReasons(request) + fileReasons(request) + numberReasons(observation) + callReasons(observation)
            + timeReasons(observation)
    }

    private func faultReasons(_ request: AuditRequest) -> [Reason] {
        guard request.policy.forbids(.pageFaultMinor) || request.policy.forbids(.pageFaultMajor) else { return [] }
        var reasons: [Reason] = []
        if !phases[.steady].faultsKnown && !phasesByKernel && threadPhasesOpen == 0 {
            let unknown = "page faults of the steady phase are not known in full for \(name(of: self)): "
            reasons.append(
                faultsRefused
                    ? Reason(unknown + "getrusage(2) was refused", .filter("getrusage(2)"))
                    : Reason(unknown + "it ended within that phase, without exit", .endByExit))
        }
        if unmeasuredChildren > 0 {
            reasons.append(
                Reason(
                    "\(plural(unmeasuredChildren, "child", "ren")) of \(name(of: self)) by vfork ended without exit or exec of "
                        + "libc: their page faults in its memory are not counted", .endOfVforked))
        }
        return reasons
    }

    private func fileReasons(_ request: AuditRequest) -> [Reason] {
        var reasons: [Reason] = []
        if memorySharers > 0 {
            reasons.append(
                Reason(
                    "\(name(of: self)) made \(plural(memorySharers, "process", "es")) that share its memory (clone with "
                        + "CLONE_VM): their transfers and page faults are not counted, and their phases not known",
                    .forkInstead))
        }
        if memoryFiles > 0 && !request.mayBeInMemory {
            reasons.append(
                Reason(
                    "\(name(of: self)) opened \(plural(memoryFiles, "O_DIRECT file")) on tmpfs, which copies to and from its "
                        + "page cache: no direct I/O takes place there", .diskFile))
        }
        if unknownFileSystems > 0 && !request.mayBeInMemory {
            reasons.append(
                Reason(
                    "\(name(of: self)) was refused fstatfs(2): whether its O_DIRECT files are on a disk or on tmpfs is not known",
                    .filter("fstatfs(2)")))
        }
        return reasons
    }

    private func numberReasons(_ observation: Observation) -> [Reason] {
        var reasons: [Reason] = []
        if identityRefused {
            reasons.append(
                Reason(
                    "\(name(of: self)) was refused getpid(2) or gettid(2) by a filter: which of its processes or threads did what "
                        + "is not known", .filter("getpid(2) and gettid(2)")))
        }
        if numbersUnknown && observation.kernelSideIsTimed {
            reasons.append(
                Reason(
                    "\(name(of: self)) is in a pid namespace of its own, and dioaudit could not be asked by which numbers the "
                        + "kernel's records know it and its threads (its socket was refused, is in another network namespace, or "
                        + "did not answer within 5 s): what the kernel saw of it is not known", .keepSocket))
        }
        return reasons
    }

    private func callReasons(_ observation: Observation) -> [Reason] {
        var reasons: [Reason] = []
        if directCalls > 0 && !observation.seesDirectCalls {
            reasons.append(
                Reason(
                    "\(name(of: self)) made \(plural(directCalls, "direct system call")) (syscall(2)) that transfer or exec, "
                        + "which are not counted", .libcCalls))
        }
        let unseen = observation.unseenDirectCalls(of: self)
        if unseen > 0 {
            reasons.append(
                Reason(
                    "\(name(of: self)) made \(plural(unseen, "direct system call")) (syscall(2)) that map or unlock, which "
                        + "only the syscalls witness sees, by perf's tracepoint or seccomp", .syscallsWitness))
        }
        return reasons + otherCallReasons
    }

    /// System calls of no counted kind that the kernel saw in the steady phase, beyond those made through libc.
    private var otherCallReasons: [Reason] {
        // memoryReasons has those of MADV_COLLAPSE.
        OtherCall.allCases.filter { $0 != .collapse }.compactMap { call in
            let interposed: UInt64 =
                switch call {
                case .mlockall: phases[.steady].events[.mlockall].calls
                case .munlock: phases[.steady].events[.munlock].calls
                case .munlockall: phases[.steady].events[.munlockall].calls
                case .shmat, .remapFilePages, .ioSetup, .mapVDSO, .collapse: 0
                }
            let seen = otherCalls[call] ?? 0
            guard seen > interposed else { return nil }
            return Reason(
                "the kernel saw \(plural(seen - interposed, "\(call.rawValue) system call")) in the steady phase of "
                    + "\(name(of: self)) that nothing else accounts for", .beforeSteady)
        }
    }

    private func timeReasons(_ observation: Observation) -> [Reason] {
        var reasons: [Reason] = []
        if clockDiffers && observation.kernelSideIsTimed {
            reasons.append(
                Reason(
                    "\(name(of: self)) has another clock than dioaudit (a time namespace): the phases of what the kernel saw of it "
                        + "are unknown", .insideTimeNamespace))
        }
        if uncertainSyscalls > 0 {
            reasons.append(
                Reason(
                    "\(name(of: self)) entered more phases and allowed regions than the ledger holds: "
                        + "\(plural(uncertainSyscalls, "system call")) could not be attributed to a phase", .fewerPhases
                ))
        }
        if jumpsInExit > 0 && phases[.teardown].transfers > 0 {
            reasons.append(
                Reason(
                    "\(name(of: self)) left exit by longjmp: its later events count as teardown", .returnFromExit))
        }
        return reasons
    }
}

extension Observation {
    /// The kernel's records have each transfer and each program that is executed, however it was asked for.
    fileprivate var seesDirectCalls: Bool { transfers.status == .active && syscalls.status == .active }

    fileprivate var kernelSideIsTimed: Bool { syscalls.status != .unavailable || kernel.status != .unavailable }

    /// Calls by number that the syscalls witness did not count, since it was off or used perf's records of mappings.
    fileprivate func unseenDirectCalls(of process: ProcessLedger) -> UInt64 {
        if syscalls.status == .unavailable { return process.directMappings + process.directRemappings }
        return syscalls.method == .perfMappings ? process.directRemappings : 0
    }
}
