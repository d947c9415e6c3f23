import AuditCore
import Glibc
import LinuxSystem

extension Tracefs {
    package var finding: Finding {
        let name = "tracefs"
        let usedFor = "the numbers of tracepoints"
        guard let path else { return .missing(name, "not mounted", for: usedFor, remedies: remedies()) }
        do {
            _ = try sample()
            let found = isOurOwn ? "not mounted; root looks into a mount of its own" : "readable at \(path)"
            return .ok(name, found, for: usedFor)
        } catch {
            return .limited(
                name, "mounted at \(path), not to be read: \(error)", for: usedFor, remedies: remedies())
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
