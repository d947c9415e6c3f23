extension Violation {
    /// Kernel allocations beyond the given limits, each once, however many limits it breaks.
    static func kernel(in processes: [ProcessLedger], limits: [KernelLimit], scope: Scope) -> [Violation] {
        let judged = processes.map { ($0.pid, $0.judgedKernel(scope)) }
        let all = judged.flatMap(\.1)
        let transfers = processes.reduce(0) { $0 + $1.phases[.steady].transfers }
        let broken = limits.filter { $0.excess(all, transfers: transfers) != nil }
        return judged.flatMap { pid, allocations in
            allocations.filter { allocation in broken.contains { $0.holds(allocation) } }
                .map { Violation(of: $0, pid: pid) }
        }
    }

    private init(of allocation: KernelAllocation, pid: Int32) {
        self.init(
            of: allocation.eventKind, count: EventCount(calls: allocation.calls, bytes: allocation.bytes), pid: pid)
        stack =
            allocation.stack ?? [Frame(function: allocation.site, module: allocation.module ?? "[kernel]", offset: 0)]
        truncated = allocation.truncated
        self.allocation = allocation
    }
}

extension ProcessLedger {
    /// A thread that the interposer does not know (io_uring's workers) works for those that it does.
    func judgedKernel(_ scope: Scope) -> [KernelAllocation] {
        var phase = PhaseLedger(.steady)
        phase.transfers = phases[.steady].transfers
        for (tid, allocations) in strictKernel {
            let known = threads.filter { $0.tid == tid && !$0.name.isEmpty }
            guard known.isEmpty || known.contains(where: scope.judges) else { continue }
            phase.add(allocations)
        }
        phase.countPerTransfer()
        return phase.kernel
    }
}
