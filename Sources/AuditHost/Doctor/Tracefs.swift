import AuditCore
import CLinuxHost
import Glibc

/// The file system that tells the kernel's tracepoints by name.
struct Tracefs {
    /// Where it can be reached; nil if it is not mounted, and this process may not mount it for itself.
    let path: String?
    /// It is not mounted: `path` leads into a mount that only this process has.
    var isOurOwn = false

    struct Unreadable: Error {
        let errno: Int32
    }

    /// One that this process can read, if there are several.
    static func find() -> Tracefs {
        let mounted = Mount.all().filter { $0.type == "tracefs" }.map { Tracefs(path: $0.path) }
        let readable = mounted.first { if case .success = $0.sample { true } else { false } }
        if let found = readable ?? mounted.first { return found }
        let own = cl_open_tracefs()  // open until this process ends
        return own >= 0 ? Tracefs(path: "/proc/self/fd/\(own)", isOurOwn: true) : Tracefs(path: nil)
    }

    /// The number that perf_event_open(2) knows a tracepoint by; its name is `SYSTEM/EVENT`.
    func number(of event: String) -> Result<UInt64, Unreadable> {
        guard let path else { return .failure(Unreadable(errno: ENOENT)) }
        guard let number = textFile("\(path)/events/\(event)/id").flatMap({ UInt64($0) }) else {
            return .failure(Unreadable(errno: errno))
        }
        return .success(number)
    }

    /// Every kernel with tracepoints has this one.
    private var sample: Result<UInt64, Unreadable> { number(of: "kmem/kmalloc") }

    var finding: Finding {
        let name = "tracefs"
        let usedFor = "the numbers of tracepoints"
        guard let path else { return .missing(name, "not mounted", for: usedFor, remedies: remedies()) }
        switch sample {
        case .success where isOurOwn: return .ok(name, "not mounted; root looks into a mount of its own", for: usedFor)
        case .success: return .ok(name, "readable at \(path)", for: usedFor)
        case .failure(let failure):
            return .limited(
                name, "mounted at \(path), not to be read: \(errnoText(failure.errno))", for: usedFor,
                remedies: remedies())
        }
    }

    /// What makes it readable to this user, with another command of root's that is needed too.
    func remedies(with another: String? = nil) -> [String] {
        let usualPath = "/sys/kernel/tracing"
        let isRoot = geteuid() == 0
        let readable = "gid=\(getegid()),mode=750"  // its entries are the group's to read
        if path == nil && access(usualPath, F_OK) != 0 { return ["boot a kernel with CONFIG_FTRACE=y"] }
        guard let path else {
            return [
                asRoot(
                    "mount -t tracefs \(isRoot ? "" : "-o \(readable) ")nodev \(usualPath)" + joined(another))
            ]
        }
        if isRoot { return ["run it outside this container", "boot without lockdown=confidentiality"] }
        return orAsRoot("mount -o remount,\(readable) \(path)" + joined(another))
    }

    private func joined(_ another: String?) -> String {
        another.map { " && \($0)" } ?? ""
    }
}
