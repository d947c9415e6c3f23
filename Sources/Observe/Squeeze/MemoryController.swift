import AuditCore
import Glibc
import LinuxSystem

/// The kernel's memory controller (cgroups(7)), where this process finds it.
package struct MemoryController: Equatable {
    package enum Version: String {
        case v1, v2
    }

    package let version: Version
    /// The top of its tree that can be seen from here.
    let root: String
    /// The cgroup that this process is in.
    let own: String
    /// Where a new cgroup can be limited: in v2 no process may be beside it there, so it is seldom `own`.
    package let parent: String

    /// - Parameters: what the kernel says in proc(5)'s files of these names.
    package static func find(
        mountinfo: String = (try? textFile("/proc/self/mountinfo")) ?? "",
        cgroup memberships: String = (try? textFile("/proc/self/cgroup")) ?? ""
    ) throws(AuditError) -> MemoryController {
        let mounts = CgroupMount.all(in: mountinfo)
        if let mount = mounts.first(where: { $0.version == .v1 && $0.options.contains("memory") }) {
            let own = mount.directory(of: membership(in: memberships) { $0.contains("memory") })
            return MemoryController(version: .v1, root: mount.path, own: own, parent: own)
        }
        for mount in mounts where mount.version == .v2 && mount.hasMemory {
            let own = mount.directory(of: membership(in: memberships) { $0.isEmpty })
            guard let parent = delegating(from: own, to: mount.path) else { throw notDelegated(mount.path) }
            return MemoryController(version: .v2, root: mount.path, own: own, parent: parent)
        }
        throw AuditError(
            "the kernel's memory controller is mounted neither as cgroup v1 nor as v2", at: "/proc/self/mountinfo",
            remedy: "boot without cgroup_disable=memory; where it is hidden, run dioaudit outside this container",
            exit: .inconclusive)
    }

    private static func notDelegated(_ root: String) -> AuditError {
        AuditError(
            "no cgroup from this process's up to the top gives its children the memory controller", at: root,
            remedy: "as root: echo +memory > \(root)/cgroup.subtree_control; in a container, run dioaudit outside it",
            exit: .inconclusive)
    }
}

/// A line of /proc/self/mountinfo (proc(5)) that is a cgroup tree's.
struct CgroupMount {
    let version: MemoryController.Version
    let path: String
    /// The cgroup that is mounted at `path`.
    let top: String
    let options: [Substring]

    static func all(in mountinfo: String) -> [CgroupMount] {
        mountinfo.split(separator: "\n").compactMap { line in
            // Optional fields stand before the dash.
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2 else { return nil }
            let mount = halves[0].split(separator: " ")
            let system = halves[1].split(separator: " ")
            guard mount.count >= 5, system.count >= 3 else { return nil }
            let version: MemoryController.Version? =
                switch system[0] {
                case "cgroup": .v1
                case "cgroup2": .v2
                default: nil
                }
            return version.map {
                CgroupMount(
                    version: $0, path: Mount.unescaped(mount[4]), top: Mount.unescaped(mount[3]),
                    options: system[2].split(separator: ","))
            }
        }
    }

    var hasMemory: Bool { Cgroup(path).words("cgroup.controllers").contains("memory") }

    /// Of a cgroup as /proc/self/cgroup names it; where it cannot be seen from here, the top.
    func directory(of cgroup: String?) -> String {
        guard let cgroup else { return path }
        let below = top == "/" ? cgroup : cgroup.hasPrefix(top) ? String(cgroup.dropFirst(top.count)) : "/"
        let directory = below == "/" || below.isEmpty ? path : path + below
        return access(directory, F_OK) == 0 ? directory : path
    }
}

/// The path in the line of /proc/self/cgroup, `4:memory:/path`, whose controllers are those; v2's are none.
private func membership(in memberships: String, _ isWanted: ([Substring]) -> Bool) -> String? {
    for line in memberships.split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        if isWanted(fields[1].split(separator: ",")) { return String(fields[2]) }
    }
    return nil
}

/// The nearest directory whose children have the memory controller.
private func delegating(from directory: String, to root: String) -> String? {
    var directory = directory[...]
    while directory.utf8.count >= root.utf8.count {
        if Cgroup(String(directory)).words("cgroup.subtree_control").contains("memory") { return String(directory) }
        guard let slash = directory.lastIndex(of: "/") else { return nil }
        directory = directory[..<slash]
    }
    return nil
}
