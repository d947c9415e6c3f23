/// The numbers by which this process knows another one and its threads, where that is in a pid namespace of its own
/// (pid_namespaces(7)).
package struct NamespaceNumbers {
    /// 0 if it is not known here.
    package let parent: Int32
    /// Nil if the process has no such thread.
    package let thread: Int32?

    /// - Parameters:
    ///   - pid: of the process, here. It waits for the answer, so that neither it nor its thread can end meanwhile.
    ///   - thread: of the thread, as the process itself numbers it.
    package init?(of pid: Int32, thread inside: Int32) {
        let status = "/proc/\(pid)/status"
        guard let first = innermostNumber(in: status) else { return nil }
        parent = statusField("PPid:", in: status).flatMap { Int32($0) } ?? 0
        if inside == first {
            thread = pid
        } else {
            thread = numberedEntries(of: "/proc/\(pid)/task").first {
                innermostNumber(in: "/proc/\(pid)/task/\($0)/status") == inside
            }
        }
    }
}

/// The last number of NSpid (proc_pid_status(5)): that in the thread's own pid namespace.
private func innermostNumber(in status: String) -> Int32? {
    statusField("NSpid:", in: status)?.split(separator: "\t").last.flatMap { Int32($0) }
}

/// The inode of this process's pid namespace; no two have the same at one time. Nil if it cannot be read.
package func pidNamespace() -> UInt32? {
    guard let name = try? link("/proc/self/ns/pid"), name.hasPrefix("pid:["), name.hasSuffix("]") else { return nil }
    return UInt32(name.dropFirst(5).dropLast())
}
