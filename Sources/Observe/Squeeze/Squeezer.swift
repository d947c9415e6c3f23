import AuditCore
import Capture
import Glibc
import LinuxSystem

/// Limits the memory of a subject while one of its processes is in its steady phase. Each process asks for it.
struct Squeezer: ~Copyable {
    /// How often the ledger is looked into, in nanoseconds: the subject may take no system call that would wake us.
    static let latency: UInt64 = 1_000_000

    private var requests: SqueezeRequests?
    private var cgroup: SubjectCgroup?
    private var isTight = false
    private var log: KernelLog?
    private var logProblem = ""
    private(set) var outcome: Squeeze

    /// Nil without a slack: it was not asked for. `outcome` has a problem that prevents it, and the subject then runs without
    /// a limit.
    init?(_ session: borrowing Session, slack: UInt64?) {
        guard let slack else { return nil }
        outcome = Squeeze(slackBytes: slack)
        do throws(AuditError) {
            requests = try SqueezeRequests(session)
            cgroup = try SubjectCgroup(MemoryController.find())
        } catch {
            outcome.problem = "\(error.place): \(error.what); \(error.remedy)"
        }
        do throws(Errno) {
            log = try KernelLog(from: .now)
        } catch {
            logProblem = "/dev/kmsg: \(error)"
        }
    }

    /// Puts the subject in, before it has become its program.
    mutating func take(_ pid: Int32) {
        do {
            try cgroup?.take(pid)
        } catch {
            outcome.problem = "the subject cannot be put into its cgroup: \(error)"
        }
    }

    /// Does what the subject's processes ask for now.
    mutating func answer() {
        guard let requests = requests?.all() else { return }
        for request in requests where request.isAsked {
            tighten(for: request.pid)
            request.begin(granted: outcome.problem == nil)
        }
        let ending = requests.filter(\.isEnding)
        let others = requests.filter(\.isInEffect).map(\.pid)
        if isTight, others.isEmpty || !ending.isEmpty { loosen(unlessLiving: others) }
        for request in ending { request.end() }
    }

    private mutating func tighten(for pid: Int32) {
        guard outcome.problem == nil, let memory = cgroup?.memory else { return }
        if !memory.cgroup.processes.contains(pid) {
            outcome.problem = "process \(pid) has left the cgroup that is limited"
        } else if !isTight {
            tighten(memory)
        }
    }

    private mutating func tighten(_ memory: MemoryCgroup) {
        memory.reclaim()
        var refusal: Errno?
        // Other threads of the subject may take memory between the two; then the kernel finds the limit too low.
        for _ in 0..<8 {
            do {
                guard let usage = memory.usage else { continue }
                try memory.setLimit(usage + outcome.slackBytes)
                guard let limit = memory.limit else { continue }
                (outcome.usageBytes, outcome.limitBytes) = (usage, limit)
                isTight = true
                return
            } catch {
                refusal = error
            }
        }
        outcome.problem =
            "the limit of \(memory.cgroup.path) cannot be set: \(refusal?.description ?? "its usage or limit cannot be read")"
    }

    /// One that was killed does not say that its steady phase is over.
    private mutating func loosen(unlessLiving others: [Int32]) {
        guard let memory = cgroup?.memory, Set(memory.cgroup.processes).isDisjoint(with: others) else { return }
        memory.lift()
        isTight = false
    }

    /// Removes the cgroup; what there was is in the outcome then.
    mutating func finish() {
        guard let memory = cgroup?.memory else { return }
        outcome.limitHits = memory.hits
        outcome.oomKills = memory.kills
        if outcome.oomKills > 0 { outcome.oomReports = oomReports(of: memory.cgroup.name) }
        cgroup = nil
        requests = nil
    }

    /// Who asked for the memory reports the kill, and was in the cgroup, too: it has said all if it has ended.
    private mutating func oomReports(of cgroup: String) -> Reading<[[String]]> {
        guard logProblem.isEmpty else { return .unknown(logProblem) }
        var reports = OOMReports(cgroup: cgroup)
        while let message = log?.next() { reports.add(message) }
        return .known(reports.ours)
    }
}
