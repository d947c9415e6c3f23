/// What the kernel says of the processes that it kills because a memory cgroup has reached its limit, among all else that it says
/// (mm/oom_kill.c). It reports one kill after the other, and leaves some out if there are many in a short time.
public struct OOMReports {
    /// The lines of those in the cgroup.
    public private(set) var ours: [[String]] = []
    private let cgroup: String
    private var report: [String] = []
    private var isOurs = false

    /// The kernel lists all processes of the cgroup: the last of a report's lines makes room for those that follow.
    private static let mostLines = 200
    private static let mostReports = 16

    /// - Parameter cgroup: the last part of its path.
    public init(cgroup: String) {
        self.cgroup = cgroup
    }

    public mutating func add(_ message: String) {
        if message.contains(" invoked oom-killer: ") {
            (report, isOurs) = ([], false)
        } else if report.isEmpty {
            return
        }
        if report.count == Self.mostLines { report.removeLast() }
        report.append(message)
        // oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=PATH,task_memcg=PATH,task=NAME,pid=PID,uid=UID
        if message.hasPrefix("oom-kill:"), message.contains("/\(cgroup),") { isOurs = true }
        if message.contains(": Killed process ") {
            if isOurs, ours.count < Self.mostReports { ours.append(report) }
            report = []
        }
    }
}
