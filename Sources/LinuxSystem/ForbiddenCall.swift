/// The system call for which a filter (seccomp(2)) ended a process, as the kernel's log has it (audit's record 1326).
package struct ForbiddenCall {
    package let number: Int
    /// Behind the call's instruction.
    package let address: UInt64

    /// Nil where the log has none, or is not to be read: it takes root, and a kernel with audit.
    package init?(endedBy signal: Int32, of pid: Int32) {
        guard var log = try? KernelLog(from: .oldest) else { return nil }
        var last: [Substring]?
        while let message = log.next() {
            let words = message.split(separator: " ")
            if words.contains("type=1326"), words.contains("pid=\(pid)"), words.contains("sig=\(signal)") {
                last = words
            }
        }
        let value = { (name: String) in last?.first { $0.hasPrefix(name) }?.dropFirst(name.count) }
        guard let number = value("syscall=").flatMap({ Int($0) }),
            let address = value("ip=0x").flatMap({ UInt64($0, radix: 16) })
        else { return nil }
        self.number = number
        self.address = address
    }
}
