import AuditCore
import CLinuxHost
import Glibc

/// A running process that dioaudit did not start, as proc(5) describes it.
package struct LiveProcess: ~Copyable {
    package let pid: Int32
    /// Readable once it has ended (pidfd_open(2)): its number may be another's then.
    package let descriptor: FileDescriptor

    package init(_ pid: Int32) throws(AuditError) {
        func refusal(_ what: String, _ remedy: String) -> AuditError {
            AuditError(what, at: "--pid \(pid)", remedy: remedy, exit: .usage)
        }
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor(answer: cl_pidfd(pid))
        } catch {
            let isThread = error == .invalidArgument || error == .noSuchFileOrDirectory
            throw refusal(isThread ? "it is a thread, and not a process" : "\(error)", "ps -e lists the processes")
        }
        guard !Self.isKernelThread(pid) else {
            descriptor.closeQuietly()
            throw refusal(
                "it is a kernel thread, which has no user memory", "name a process that runs a program")
        }
        guard !cl_can_be_read(descriptor.rawValue) else {
            descriptor.closeQuietly()
            throw refusal("it has ended, and its parent has not taken note (a zombie)", "name a process that runs")
        }
        self.pid = pid
        self.descriptor = descriptor
    }

    /// By its flags (include/linux/sched.h), which every user may read: its executable is hidden from other users like that of
    /// every process of root's.
    private static func isKernelThread(_ pid: Int32) -> Bool {
        let isKernelThread: UInt64 = 0x0020_0000  // PF_KTHREAD
        return ((try? StatFields("/proc/\(pid)/stat"))?[9] ?? 0) & isKernelThread != 0
    }

    deinit { descriptor.closeQuietly() }

    package var hasEnded: Bool { cl_can_be_read(descriptor.rawValue) }

    /// The /proc directory that describes its memory: the main thread's, or another's if the main thread has ended.
    private var memory: String {
        threadWithMemory.flatMap { $0 == pid ? nil : "/proc/\(pid)/task/\($0)" } ?? "/proc/\(pid)"
    }

    private var threadWithMemory: Int32? {
        threads().first { statusField("VmSize:", in: "/proc/\(pid)/task/\($0)/status") != nil }
    }

    package var executable: String { (try? link("\(memory)/exe")) ?? "" }

    package var command: [String] {
        let words = ((try? textFile("\(memory)/cmdline")) ?? "").split(separator: "\0").map(String.init)
        return words.isEmpty ? [executable] : words
    }

    /// Its user; root where it hides its memory.
    package var owner: uid_t {
        var status = stat()
        return stat("/proc/\(pid)", &status) == 0 ? status.st_uid : 0
    }

    package var parent: Int32 { statusField("PPid:", in: "/proc/\(pid)/status").flatMap { Int32($0) } ?? 0 }

    /// VmLck in bytes.
    package var lockedBytes: UInt64 {
        let kibibytes = statusField("VmLck:", in: "\(memory)/status")?.split(separator: " ").first
        return kibibytes.flatMap { UInt64($0) }.map { $0 * 1024 } ?? 0
    }

    // MARK: threads

    package func threads() -> [Int32] { numberedEntries(of: "/proc/\(pid)/task") }

    package func name(of tid: Int32) -> String? { try? textFile("/proc/\(pid)/task/\(tid)/comm") }

    /// Of all its threads, also of those that have ended; or of one.
    package func faults(of tid: Int32? = nil) -> Faults? {
        let path = tid.map { "/proc/\(pid)/task/\($0)/stat" } ?? "/proc/\(pid)/stat"
        guard let stat = try? StatFields(path), let minor = stat[10], let major = stat[12] else { return nil }
        return Faults(minor: minor, major: major)
    }

    // MARK: memory

    /// In the order of addresses; proc_pid_maps(5).
    package func mappings() throws(Errno) -> [MappedFile] {
        try textFile("\(memory)/maps").split(separator: "\n").compactMap { MappedFile(line: $0) }
    }

    /// The other processes that share it (CLONE_VM without CLONE_THREAD); null if no round of looking met all that there were.
    package func memorySharers() throws(Errno) -> [Int32]? {
        for _ in 0..<20 {
            guard let thread = threadWithMemory else { return [] }
            let found = try processesSharingMemory(of: thread)
            // One that ends has no memory, which no other shares.
            if let found, threadWithMemory == thread { return found }
        }
        return nil
    }

    /// Null if one ended that might have shared it: it may have begun another, which was not met.
    private func processesSharingMemory(of thread: Int32) throws(Errno) -> [Int32]? {
        var found: [Int32] = []
        for other in numberedEntries(of: "/proc") where other != pid {
            // Its main thread alone may have ended.
            for tid in Set(numberedEntries(of: "/proc/\(other)/task")).union([other]) {
                let answer = cl_share_memory(thread, tid)
                if answer == -ESRCH, tid == other { return nil }
                let isKnown = answer >= 0 || answer == -ESRCH || hasOtherMemory("\(other)/task/\(tid)", than: thread)
                guard isKnown else { throw Errno(rawValue: -answer) }
                if answer > 0, found.last != other { found.append(other) }
            }
        }
        return found
    }

    /// Of threads that kcmp(2) may not compare: VmPeak only grows, so that two values at one time are of two memories.
    private func hasOtherMemory(_ other: String, than thread: Int32) -> Bool {
        func peak(_ folder: String) -> Substring? { statusField("VmPeak:", in: "/proc/\(folder)/status") }
        let own = peak("\(pid)/task/\(thread)")
        guard let others = peak(other) else { return false }
        return own != nil && own != others && own == peak("\(pid)/task/\(thread)")
    }

    /// Why this user may not read it, and what would change that; null if they may.
    package func obstacle() -> (what: String, remedy: String)? {
        guard let error = whyMappingsAreHidden else { return nil }
        let owner = statusField("Uid:", in: "/proc/\(pid)/status")?.split(separator: "\t").first.flatMap { uid_t($0) }
        if let owner, owner != geteuid() {
            return (
                "it is a process of uid \(owner), which uid \(geteuid()) may not look into: \(error)",
                geteuid() == 0
                    ? "run dioaudit with CAP_SYS_PTRACE (\(outsideSandbox("--cap-add SYS_PTRACE")))"
                    : "run dioaudit as root, or as that user"
            )
        }
        return (
            "it may not be looked into: it has privileges of its own, or hides its memory (PR_SET_DUMPABLE): "
                + error.description, "run dioaudit as root, with CAP_SYS_PTRACE"
        )
    }

    private var whyMappingsAreHidden: Errno? {
        do {
            _ = try mappings()
            return nil
        } catch {
            return error == .permissionDenied || error == .notPermitted ? error : nil
        }
    }

    /// A mapped file as this process can reach it, be it deleted or under another root.
    package func path(of mapping: MappedFile) -> String {
        let link = "/proc/\(pid)/map_files/\(hex(mapping.start))-\(hex(mapping.end))"
        return access(link, R_OK) == 0 ? link : "\(memory)/root\(mapping.path)"
    }
}

private func hex(_ number: UInt64) -> String { String(number, radix: 16) }
