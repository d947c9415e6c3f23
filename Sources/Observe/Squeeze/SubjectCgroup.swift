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
    private let fd: Int32

    private static let prefix = "dioaudit-squeeze-"

    package init(_ controller: MemoryController) throws(AuditError) {
        // A sweeper may come between mkdir and flock; then another name is tried.
        for attempt in 0..<100 {
            let path = "\(controller.parent)/\(Self.prefix)\(getpid())-\(attempt)"
            guard mkdir(path, 0o755) == 0 else {
                if errno == EEXIST { continue }
                throw refused(controller.parent)
            }
            guard let fd = Self.lock(path) else { continue }
            let memory = MemoryCgroup(cgroup: Cgroup(path), version: controller.version)
            let home = Cgroup(controller.own)
            guard memory.isLimitable else {
                let error = refused(path)
                Self.remove(memory, home, fd)
                throw error
            }
            memory.forbidSwap()
            (self.memory, self.home, self.fd) = (memory, home, fd)
            return
        }
        throw refused(controller.parent)
    }

    deinit {
        Self.remove(memory, home, fd)
    }

    /// Puts a process in, and so all that it will start. False with errno set.
    func take(_ pid: Int32) -> Bool {
        memory.cgroup.write(pid, to: "cgroup.procs")
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
    private static func remove(_ memory: MemoryCgroup, _ home: Cgroup, _ fd: Int32) {
        memory.lift()
        memory.cgroup.remove(movingProcessesTo: home)
        close(fd)
    }

    /// A descriptor of the locked directory; nil if it is in use, not ours, or gone.
    private static func lock(_ path: String) -> Int32? {
        let fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        var opened = stat()
        var present = stat()
        if flock(fd, LOCK_EX | LOCK_NB) == 0, fstat(fd, &opened) == 0, opened.st_uid == geteuid(),
            stat(path, &present) == 0, present.st_ino == opened.st_ino
        {
            return fd
        }
        close(fd)
        return nil
    }
}

private func refused(_ path: String) -> AuditError {
    AuditError(
        "no cgroup with a limit can be made there: \(errnoText())", at: path,
        remedy: geteuid() == 0
            ? "run dioaudit outside this container, whose cgroups cannot be changed"
            : "run dioaudit as root", exit: .inconclusive)
}
