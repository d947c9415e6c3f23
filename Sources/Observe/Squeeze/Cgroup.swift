import Glibc
import LinuxSystem

/// A directory of a cgroup tree. Its files are the kernel's, read and written whole.
struct Cgroup {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    func words(_ file: String) -> [Substring] {
        ((try? textFile("\(path)/\(file)")) ?? "").split { $0 == " " || $0 == "\n" }
    }

    /// The figure in a file that holds one; nil for `max`.
    func number(_ file: String) -> UInt64? {
        words(file).first.flatMap { UInt64($0) }
    }

    /// The figure after a key, in a file of lines `KEY FIGURE`.
    func number(_ file: String, _ key: String) -> UInt64? {
        let words = words(file)
        return words.firstIndex { $0 == key }.flatMap { words.indices.contains($0 + 1) ? UInt64(words[$0 + 1]) : nil }
    }

    func write(_ value: some CustomStringConvertible, to file: String) throws(Errno) {
        let file = try FileDescriptor(opening: "\(path)/\(file)", .writeOnly)
        defer { file.closeQuietly() }
        try file.writeOnce(value.description)
    }

    var processes: [Int32] { words("cgroup.procs").compactMap { Int32($0) } }

    var children: [Cgroup] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var children: [Cgroup] = []
        while let entry = readdir(directory) {
            let name = text(entry.pointee.d_name)
            if entry.pointee.d_type == DT_DIR && name != "." && name != ".." {
                children.append(Cgroup("\(path)/\(name)"))
            }
        }
        return children
    }

    /// Removes it and those below it. Processes that are still there are moved to another cgroup; those that are just ending
    /// are waited for, a while.
    func remove(movingProcessesTo home: Cgroup) {
        for child in children { child.remove(movingProcessesTo: home) }
        for _ in 0..<1000 {
            for process in processes { try? home.write(process, to: "cgroup.procs") }
            if rmdir(path) == 0 || Errno.last != .resourceBusy { return }
            usleep(1000)
        }
    }
}
