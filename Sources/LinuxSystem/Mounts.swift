import Glibc

/// A line of /proc/self/mounts.
package struct Mount {
    package let source: String
    package let path: String
    package let type: String

    /// In the order in which they were mounted.
    package static func all(in mounts: String = (try? textFile("/proc/self/mounts")) ?? "") -> [Mount] {
        mounts.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ").map(unescaped)
            return fields.count >= 3 ? Mount(source: fields[0], path: fields[1], type: fields[2]) : nil
        }
    }

    /// Types that need a block device, as this kernel lists them.
    package static func diskTypes() -> Set<String> {
        let lines = ((try? textFile("/proc/filesystems")) ?? "").split(separator: "\n")
        return Set(lines.filter { !$0.hasPrefix("nodev") }.map { $0.trimmingPrefix("\t") }.map(String.init))
    }

    /// proc(5) writes spaces, tabs, line ends and backslashes as a backslash and three octal digits.
    package static func unescaped(_ field: Substring) -> String {
        guard field.contains("\\") else { return String(field) }
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let escaped = UInt8(digits, radix: 8) {
                bytes.append(escaped)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [Mount] {
    /// The one that holds a directory, which must be an absolute path without links.
    package func holding(_ directory: String) -> Mount? {
        let holders = filter { $0.path == "/" || directory == $0.path || directory.hasPrefix($0.path + "/") }
        let length = holders.map(\.path.count).max()
        return holders.last { $0.path.count == length }  // a later mount hides those below it
    }
}
