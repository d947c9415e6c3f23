import AuditCore
import Glibc
import LinuxSystem

/// What the files of a cgroup with the memory controller mean (the kernel's admin-guide/cgroup-v1/memory.rst and
/// admin-guide/cgroup-v2.rst).
struct MemoryCgroup {
    let cgroup: Cgroup
    let version: MemoryController.Version

    private static let pageBytes = UInt64(sysconf(Int32(_SC_PAGESIZE)))

    /// Throws why this process may not set its limit.
    func checkLimit() throws(Errno) {
        if access("\(cgroup.path)/\(limitFile)", W_OK) != 0 { throw .last }
    }

    private var limitFile: String { version == .v1 ? "memory.limit_in_bytes" : "memory.max" }

    /// Swap would provide memory. A kernel without it has no such file.
    func forbidSwap() {
        switch version {
        case .v1: try? cgroup.write(0, to: "memory.swappiness")
        case .v2: try? cgroup.write(0, to: "memory.swap.max")
        }
    }

    /// Takes back what can be taken back, clean page cache and what each CPU holds in advance: it would be a reserve, and
    /// what is in use would not be known.
    func reclaim() {
        switch version {
        case .v1: try? cgroup.write(0, to: "memory.force_empty")
        case .v2:
            try? cgroup.write(0, to: "memory.high")
            try? cgroup.write("max", to: "memory.high")
        }
    }

    var usage: UInt64? { cgroup.number(version == .v1 ? "memory.usage_in_bytes" : "memory.current") }

    /// Nil if there is none, or none that could be read.
    var limit: UInt64? { cgroup.number(limitFile) }

    /// The kernel counts in pages.
    func setLimit(_ bytes: UInt64) throws(Errno) {
        let pages = (bytes + Self.pageBytes - 1) / Self.pageBytes
        try cgroup.write(pages * Self.pageBytes, to: limitFile)
    }

    func lift() {
        try? cgroup.write(version == .v1 ? "-1" : "max", to: limitFile)
    }

    var hits: UInt64 {
        switch version {
        case .v1: cgroup.number("memory.failcnt") ?? 0
        case .v2: cgroup.number("memory.events", "max") ?? 0
        }
    }

    var kills: UInt64 {
        cgroup.number(version == .v1 ? "memory.oom_control" : "memory.events", "oom_kill") ?? 0
    }
}
