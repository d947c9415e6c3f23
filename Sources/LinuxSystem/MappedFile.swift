import AuditCore

/// One line of proc_pid_maps(5).
package struct MappedFile {
    package let start: UInt64
    package let end: UInt64
    package let isExecutable: Bool
    /// In the file.
    package let offset: UInt64
    /// The file's device and inode.
    package let identity: String
    /// `//anon` where there is none, as perf has it.
    package let path: String

    package init?(line: Substring) {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count >= 5 else { return nil }
        let addresses = fields[0].split(separator: "-")
        guard addresses.count == 2, let start = UInt64(addresses[0], radix: 16),
            let end = UInt64(addresses[1], radix: 16), let offset = UInt64(fields[2], radix: 16), start < end
        else { return nil }
        self.start = start
        self.end = end
        self.offset = offset
        identity = "\(fields[3]) \(fields[4])"
        isExecutable = fields[1].contains("x")
        let path = fields.count > 5 ? String(fields[5].drop { $0 == " " }) : ""
        self.path = path.isEmpty ? "//anon" : path
    }
}

extension KernelRecord {
    /// An existing mapping of a process that runs already, as if it were made now.
    package init(_ mapping: MappedFile, of pid: Int32, text: Int32) {
        self.init(
            nanoseconds: 0, pid: pid, tid: pid, kind: .mapped, site: mapping.offset, bytes: mapping.end - mapping.start,
            address: mapping.start, text: text)
    }
}
