import Glibc

/// What the kernel says in its log, which root may read (/dev/kmsg).
package struct KernelLog: ~Copyable {
    private let file: FileDescriptor
    private var record = [UInt8](repeating: 0, count: 8192)

    package enum Beginning {
        /// With what it still has of the past.
        case oldest
        case now
    }

    package init(from beginning: Beginning) throws(Errno) {
        file = try FileDescriptor(opening: "/dev/kmsg", .readOnly, [.nonBlocking])
        if beginning == .now { _ = lseek(file.rawValue, 0, SEEK_END) }
    }

    deinit { file.closeQuietly() }

    /// The next message; nil if there is none yet.
    package mutating func next() -> String? {
        // EPIPE: older records were overwritten meanwhile, and the next read goes on behind them.
        while case let length = read(file.rawValue, &record, record.count), length > 0 || Errno.last == .brokenPipe {
            if length > 0, let message = message(of: record.prefix(length)) { return message }
        }
        return nil
    }

    /// Of `PRIORITY,SEQUENCE,…;MESSAGE`, with lines about it behind; nil if a program wrote it: then PRIORITY has a facility, which is
    /// more than its three bits.
    private func message(of record: ArraySlice<UInt8>) -> String? {
        let parts = String(decoding: record.prefix { $0 != 10 }, as: UTF8.self).split(separator: ";", maxSplits: 1)
        guard parts.count == 2, let priority = parts[0].split(separator: ",").first.flatMap({ UInt32($0) }) else {
            return nil
        }
        return priority < 8 ? String(parts[1]) : nil
    }
}
