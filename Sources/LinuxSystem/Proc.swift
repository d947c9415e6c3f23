/// The fields of a `stat` file from the third on (proc_pid_stat(5)): the second, a name in parentheses, may hold anything.
package struct StatFields {
    private let fields: [Substring]

    package init(_ path: String) throws(Errno) {
        let text = try textFile(path)
        guard let end = text.lastIndex(of: ")") else { throw .badMessage }
        fields = text[end...].split(separator: " ")
    }

    /// By the manual page's number.
    package subscript(number: Int) -> UInt64? {
        fields.indices.contains(number - 2) ? UInt64(fields[number - 2]) : nil
    }

    /// The third field, a letter.
    package var state: String? { fields.count > 1 ? String(fields[1]) : nil }
}

/// The text after a name in a `status` file (proc_pid_status(5)); null if it has no such line.
package func statusField(_ name: String, in path: String) -> Substring? {
    ((try? textFile(path)) ?? "").split(separator: "\n").first { $0.hasPrefix(name) }
        .map { $0.dropFirst(name.count).drop { $0 == " " || $0 == "\t" } }
}
