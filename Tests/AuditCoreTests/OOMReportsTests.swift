import AuditCore
import Testing

/// What Linux 6.1 and 6.18 say of a kill, shortened, among other messages.
@Suite struct OOMReportsTests {
    private func report(of cgroup: String, pid: Int, processes: Int = 1) -> [String] {
        ["program invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0", "Call Trace:"]
            + (0..<processes).map { "[\($0)] program" }
            + [
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a/\(cgroup),"
                    + "task_memcg=/a/\(cgroup),task=program,pid=\(pid),uid=0",
                "Memory cgroup out of memory: Killed process \(pid) (program) total-vm:11560kB",
            ]
    }

    private func ours(_ messages: [String]) -> [[String]] {
        var reports = OOMReports(cgroup: "squeeze-1")
        for message in messages { reports.add(message) }
        return reports.ours
    }

    @Test func thoseOfTheCgroupAreToldFromOthers() {
        let (first, second) = (report(of: "squeeze-1", pid: 1), report(of: "squeeze-1", pid: 2))
        let others = ["squeeze-10", "a-squeeze-1", "other"].map { report(of: $0, pid: 3) }
        let log = ["loop0: a disk"] + first + others[0] + others[1] + second + others[2] + ["oom_reaper: …"]
        #expect(ours(log) == [first, second])
    }

    /// The log did not hold its beginning any more, or the kernel left the rest out.
    @Test func halfAReportIsNone() {
        #expect(ours(Array(report(of: "squeeze-1", pid: 1).dropFirst())) == [])
        #expect(ours(Array(report(of: "squeeze-1", pid: 1).dropLast()) + report(of: "other", pid: 2)) == [])
    }

    @Test func theyAreBounded() throws {
        let long = ours(report(of: "squeeze-1", pid: 1, processes: 10_000))
        let lines = try #require(long.first)
        #expect(lines.count == 200 && lines.first?.contains("invoked oom-killer") == true)
        #expect(lines.last?.contains("Killed process 1") == true)
        #expect(ours((1...100).flatMap { report(of: "squeeze-1", pid: $0) }).count == 16)
    }
}
