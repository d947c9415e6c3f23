import Glibc

/// The system call for which a filter (seccomp(2)) ended a process, as the kernel's log has it (audit's record 1326).
package struct ForbiddenCall {
    package let number: Int
    /// Behind the call's instruction.
    package let address: UInt64

    /// Nil where the log has none, or is not to be read: it takes root, and a kernel with audit.
    package init?(endedBy signal: Int32, of pid: Int32) {
        guard let log = try? FileDescriptor(opening: "/dev/kmsg", .readOnly, [.nonBlocking]) else { return nil }
        defer { log.closeQuietly() }
        var last: [Substring]?
        var record = [UInt8](repeating: 0, count: 8192)
        // EPIPE: older records were overwritten meanwhile, and the next read goes on behind them.
        while case let length = read(log.rawValue, &record, record.count), length > 0 || Errno.last == .brokenPipe {
            guard length > 0 else { continue }
            let words = String(decoding: record.prefix(length).prefix { $0 != 10 }, as: UTF8.self).split(separator: " ")
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
