import AuditCore
import Glibc
import LinuxSystem

/// A memory cgroup for one subject, removed with this value.
///
/// What a killed dioaudit leaves is removed by the next one. Each holds a lock (flock(2)) on its cgroup's directory, so that
/// one in use is not taken for one that was left behind.
package struct SubjectCgroup: ~Copyable {
    let memory: MemoryCgroup
    private let home: Cgroup
    private let fd: FileDescriptor

    private static let prefix = "dioaudit-squeeze-"

    package init(_ controller: MemoryController) throws(AuditError) {
        // A sweeper may come between mkdir and flock; then another name is tried.
        for attempt in 0..<100 {
            let path = "\(controller.parent)/\(Self.prefix)\(getpid())-\(attempt)"
            guard mkdir(path, 0o755) == 0 else {
                let error = Errno.last
                if error == .fileExists { continue }
                throw refused(controller.parent, error)
            }
            guard let fd = Self.lock(path) else { continue }
            let memory = MemoryCgroup(cgroup: Cgroup(path), version: controller.version)
            let home = Cgroup(controller.own)
            do {
                try memory.checkLimit()
            } catch {
                Self.remove(memory, home, fd)
                throw refused(path, error)
            }
            memory.forbidSwap()
            (self.memory, self.home, self.fd) = (memory, home, fd)
            return
        }
        throw refused(controller.parent, .fileExists)
    }

    deinit {
        Self.remove(memory, home, fd)
    }

    /// Puts a process in, and so all that it will start.
    func take(_ pid: Int32) throws(Errno) {
        try memory.cgroup.write(pid, to: "cgroup.procs")
    }

    /// Anywhere in the tree: it may have been started in another session.
    static func removeAbandoned(_ controller: MemoryController) {
        removeAbandoned(below: Cgroup(controller.root), controller)
    }

    private static func removeAbandoned(below parent: Cgroup, _ controller: MemoryController) {
        for child in parent.children {
            let name = child.path.dropFirst(parent.path.count + 1)
            if name.hasPrefix(prefix), let fd = lock(child.path) {
                remove(MemoryCgroup(cgroup: child, version: controller.version), Cgroup(controller.own), fd)
            } else {
                removeAbandoned(below: child, controller)
            }
        }
    }

    /// The remaining processes continue without a limit.
    private static func remove(_ memory: MemoryCgroup, _ home: Cgroup, _ fd: FileDescriptor) {
        memory.lift()
        memory.cgroup.remove(movingProcessesTo: home)
        fd.closeQuietly()
    }

    /// A descriptor of the locked directory; nil if it is in use, not ours, or gone.
    private static func lock(_ path: String) -> FileDescriptor? {
        guard let fd = try? FileDescriptor(opening: path, .readOnly, [.directory, .noFollow]) else { return nil }
        var opened = stat()
        var present = stat()
        if flock(fd.rawValue, LOCK_EX | LOCK_NB) == 0, fstat(fd.rawValue, &opened) == 0, opened.st_uid == geteuid(),
            stat(path, &present) == 0, present.st_ino == opened.st_ino
        {
            return fd
        }
        fd.closeQuietly()
        return nil
    }
}

private func refused(_ path: String, _ error: Errno) -> AuditError {
    AuditError(
        "no cgroup with a limit can be made there: \(error)", at: path,
        remedy: geteuid() == 0
            ? "run dioaudit outside this container, whose cgroups cannot be changed"
            : "run dioaudit as root", exit: .inconclusive)
}
