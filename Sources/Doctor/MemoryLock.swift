import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

extension Doctor {
    static func memoryLock() -> Finding {
        let name = "memory lock"
        let usedFor = "subjects that lock their memory, and every built-in workload"
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)  // a macro that Swift cannot read
        let figures = "RLIMIT_MEMLOCK is \(size(limit.rlim_cur)), at most \(size(limit.rlim_max))"
        if subjectsMayLockBeyondLimit() {
            return .ok(name, "no limit, by CAP_IPC_LOCK (\(figures))", for: usedFor)
        }
        guard limit.rlim_cur != rlim_t.max else { return .ok(name, "no limit: \(figures)", for: usedFor) }
        return .limited(name, "\(figures); no CAP_IPC_LOCK for subjects", for: usedFor, remedies: remedies(limit))
    }

    /// The kernel was asked; but no program inherits what is a file capability of dioaudit's.
    private static func subjectsMayLockBeyondLimit() -> Bool {
        let capIpcLock: UInt64 = 14
        return Answer(CL_PROBE_LOCK_BEYOND_LIMIT) == .granted
            && (geteuid() == 0 || hasCapability(capIpcLock, in: .ambient))
    }

    private static func size(_ bytes: rlim_t) -> String {
        bytes == rlim_t.max ? "unlimited" : "\(bytes / 1024) KiB"
    }

    private static func remedies(_ limit: rlimit) -> [String] {
        var remedies: [String] = []
        if limit.rlim_max == rlim_t.max {
            remedies.append("ulimit -l unlimited")
        } else if limit.rlim_max > limit.rlim_cur {
            remedies.append("ulimit -S -l \(limit.rlim_max / 1024)")
        }
        if geteuid() == 0 {
            remedies.append("in a container: docker run --ulimit memlock=-1 or --cap-add IPC_LOCK")
        } else {
            remedies.append(
                asRoot("prlimit --pid \(getppid()) --memlock=unlimited  # the shell that started dioaudit"))
            remedies.append(
                asRoot(
                    "echo '\(user()) - memlock unlimited' >> /etc/security/limits.d/dioaudit.conf  # and log in again"))
        }
        return remedies + ["in a systemd unit: LimitMEMLOCK=infinity"]
    }

    /// As limits.conf(5) names a user: by name, or by a range of numbers where there is no name.
    private static func user() -> String {
        guard let entry = getpwuid(getuid()) else { return ":\(getuid())" }
        return String(cString: entry.pointee.pw_name)
    }
}
