func coverageReasons(_ observation: Observation, _ request: AuditRequest) -> [String] {
    let processes = observation.ledger.processes
    let total = observation.ledger.total
    let steady = total[.steady]
    var reasons: [String] = []
    if processes.contains(where: \.steadyReached) {
        // A program that names its phases itself may have no O_DIRECT file at all.
        let areNamed = processes.allSatisfy { $0.phasesByMarker || !$0.steadyReached }
        let required = areNamed ? request.minimumTransfers : max(1, request.minimumTransfers)
        if steady.transfers < required {
            reasons.append(
                "the steady phase holds \(plural(steady.transfers, "transfer")), "
                    + "and \(required) or more are required")
        }
    } else if case let early = total.transfers, early > 0 {
        reasons.append("the steady phase was not reached: all \(plural(early, "transfer")) came before it")
    } else {
        reasons.append("no transfer on an O_DIRECT file was seen")
    }
    // Where none reached it, that is said already.
    for process in processes where !process.steadyReached && processes.contains(where: \.steadyReached) {
        let early = process.phases.transfers
        if early > 0 {
            reasons.append("\(name(of: process)) did \(plural(early, "transfer")) and never reached its steady phase")
        }
    }
    // The steady phase of one process does not clear another.
    for process in processes where process.steadyReached && steady.transfers > 0 && request.minimumTransfers > 0 {
        let early = process.phases.transfers
        if early > 0 && process.phases[.steady].transfers == 0 {
            reasons.append("\(name(of: process)) did \(plural(early, "transfer")), none of them in its steady phase")
        }
    }
    let faultsMatter = request.policy.forbids(.pageFaultMinor) || request.policy.forbids(.pageFaultMajor)
    for process in processes {
        if !process.phases[.steady].faultsKnown && faultsMatter && !process.phasesByKernel
            && process.threadPhasesOpen == 0
        {
            reasons.append(
                "page faults of the steady phase are not known in full for \(name(of: process)): "
                    + (process.faultsRefused
                        ? "getrusage(2) was refused" : "it ended within that phase, without exit"))
        }
        if process.memorySharers > 0 {
            reasons.append(
                "\(name(of: process)) made \(plural(process.memorySharers, "process", "es")) that share its memory (clone with "
                    + "CLONE_VM): their transfers and page faults are not counted, and their phases not known")
        }
        if process.memoryFiles > 0 && !request.mayBeInMemory {
            reasons.append(
                "\(name(of: process)) opened \(plural(process.memoryFiles, "O_DIRECT file")) on tmpfs, which copies to and from its "
                    + "page cache: no direct I/O takes place there; use a file on a disk")
        }
        if process.unknownFileSystems > 0 && !request.mayBeInMemory {
            reasons.append(
                "\(name(of: process)) was refused fstatfs(2): whether its O_DIRECT files are on a disk or on tmpfs is not known"
            )
        }
        if process.unmeasuredChildren > 0 && faultsMatter {
            reasons.append(
                "\(plural(process.unmeasuredChildren, "child", "ren")) of \(name(of: process)) by vfork ended without exit or exec of "
                    + "libc: their page faults in its memory are not counted")
        }
        if process.identityRefused {
            reasons.append(
                "\(name(of: process)) was refused getpid(2) or gettid(2) by a filter: which of its processes or threads did what "
                    + "is not known")
        }
        if process.numbersUnknown && observation.kernelSideIsTimed {
            reasons.append(
                "\(name(of: process)) is in a pid namespace of its own, and dioaudit could not be asked by which numbers the kernel's "
                    + "records know it and its threads (its socket was refused, is in another network namespace, or did not "
                    + "answer within 5 s): what the kernel saw of it is not known; let it keep the descriptor that dioaudit "
                    + "leaves open (docs/interposer.md), or start dioaudit inside the namespace")
        }
        if process.directCalls > 0 {
            reasons.append(
                "\(name(of: process)) made \(plural(process.directCalls, "direct system call")) (syscall(2)) that "
                    + "transfer or exec, which are not counted")
        }
        let unseen = observation.unseenDirectCalls(of: process)
        if unseen > 0 {
            reasons.append(
                "\(name(of: process)) made \(plural(unseen, "direct system call")) (syscall(2)) that map or unlock, which "
                    + "only the syscalls witness sees, by perf's tracepoint or seccomp")
        }
        reasons += process.otherCallReasons
        if process.clockDiffers && observation.kernelSideIsTimed {
            reasons.append(
                "\(name(of: process)) has another clock than dioaudit (a time namespace): the phases of what the kernel saw of it "
                    + "are unknown")
        }
        if process.uncertainSyscalls > 0 {
            reasons.append(
                "\(name(of: process)) entered more phases and allowed regions than the ledger holds: "
                    + "\(plural(process.uncertainSyscalls, "system call")) could not be attributed to a phase")
        }
        if process.jumpsInExit > 0 && process.phases[.teardown].transfers > 0 {
            reasons.append("\(name(of: process)) left exit by longjmp: its later events count as teardown")
        }
        if process.threadPhasesOpen > 0 {
            reasons.append(
                "\(plural(process.threadPhasesOpen, "thread")) of \(name(of: process)) ended in a phase of their own: "
                    + "their last page faults are not known")
        }
        for region in process.regions where region.allowed && region.entered != region.left {
            reasons.append(
                "\(name(of: process)) began the allowed region '\(region.name)' \(plural(region.entered, "time")) and "
                    + "ended it \(region.left): later events may count as allowed")
        }
        if process.unbalancedRegions > 0 {
            reasons.append(
                "\(name(of: process)) ended \(plural(process.unbalancedRegions, "region")) that it was not in")
        }
        if process.unknownMarkers > 0 {
            reasons.append(
                "\(name(of: process)) called dioaudit_phase() \(plural(process.unknownMarkers, "time")) with a name "
                    + "that is no phase: '\(process.unknownMarker)'")
        }
    }
    return reasons
}

extension Witness {
    func differences(of processes: [ProcessLedger]) -> [WitnessDifference] {
        guard status != .unavailable else { return [] }
        let seen: [EventKind] = method == .perfMappings ? [.syscallMmap, .syscallBrk] : EventKind.systemCalls
        return processes.flatMap(reconcile).filter { seen.contains($0.kind) }
    }
}

extension Observation {
    fileprivate var kernelSideIsTimed: Bool { syscalls.status != .unavailable || kernel.status != .unavailable }

    /// Calls by number that the syscalls witness did not count, since it was off or used perf's records of mappings.
    fileprivate func unseenDirectCalls(of process: ProcessLedger) -> UInt64 {
        if syscalls.status == .unavailable { return process.directMappings + process.directRemappings }
        return syscalls.method == .perfMappings ? process.directRemappings : 0
    }
}

extension ProcessLedger {
    /// System calls of no counted kind that the kernel saw in the steady phase, beyond those made through libc.
    var otherCallReasons: [String] {
        OtherCall.allCases.compactMap { call in
            let interposed: UInt64 =
                switch call {
                case .mlockall: phases[.steady].events[.mlockall].calls
                case .munlock: phases[.steady].events[.munlock].calls
                case .munlockall: phases[.steady].events[.munlockall].calls
                case .shmat, .remapFilePages, .ioSetup: 0
                }
            let seen = otherCalls[call] ?? 0
            guard seen > interposed else { return nil }
            return "the kernel saw \(plural(seen - interposed, "\(call.rawValue) system call")) in the steady phase of "
                + "\(name(of: self)) that nothing else accounts for"
        }
    }
}
