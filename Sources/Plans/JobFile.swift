import AuditCore

/// A job file of fio's as it is written: its jobs, each with the options that hold for it. It knows of no option what it means.
struct JobFile {
    struct Option {
        let key: String
        /// Null for one without `=`.
        let value: String?
        /// File and line, for messages.
        let place: String
    }

    struct Job {
        let name: String
        let place: String
        let options: [Option]
        /// Those of `[global]` sections before it.
        let shared: Shared
    }

    /// One state of what `[global]` sections say, which several jobs have.
    struct Shared {
        var options: [Option] = []
        var number = 0
    }

    private(set) var jobs: [Job] = []
    private var shared = Shared()
    private var section: (name: String, place: String, options: [Option])?
    private let read: (String) throws(AuditError) -> [UInt8]

    /// fio has some 220.
    private static let mostOptions = 250
    private static let deepest = 16

    /// - Parameters:
    ///   - file: its path, for messages.
    ///   - read: reads a file that it includes.
    init(_ bytes: [UInt8], file: String, read: @escaping (String) throws(AuditError) -> [UInt8]) throws(AuditError) {
        self.read = read
        try take(bytes, file: file, depth: 1)
        try endSection()
    }

    private mutating func take(_ bytes: [UInt8], file: String, depth: Int) throws(AuditError) {
        guard bytes.count <= YAMLReader.mostBytes else {
            throw wrong("larger than \(YAMLReader.mostBytes >> 20) MiB", file, 1, "write several files")
        }
        try checkCharacters(of: bytes, file: file)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            // As fio has it, a comment begins anywhere.
            let content = bytes.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "#") }
            let text = trimmed(String(decoding: content, as: UTF8.self)[...])
            guard !text.isEmpty else { continue }
            let line = index + 1
            if text.first == "[" {
                try begin(text, file, line)
            } else if text.hasPrefix("include ") || text.hasPrefix("include\t") {
                try include(String(trimmed(text.dropFirst("include".count))), file, line, depth)
            } else {
                try add(text, file, line)
            }
        }
    }

    private mutating func include(_ name: String, _ file: String, _ line: Int, _ depth: Int) throws(AuditError) {
        guard depth < Self.deepest else {
            throw wrong("more than \(Self.deepest) files include each other", file, line, "remove this line")
        }
        let path = path(name, in: file)
        try take(try read(path), file: path, depth: depth + 1)
    }

    private mutating func begin(_ text: Substring, _ file: String, _ line: Int) throws(AuditError) {
        guard text.last == "]", text.count > 2 else {
            throw wrong("'\(text)' begins no section", file, line, "write '[name]'")
        }
        try endSection()
        section = (String(text.dropFirst().dropLast()), "\(file):\(line)", [])
    }

    private mutating func add(_ text: Substring, _ file: String, _ line: Int) throws(AuditError) {
        guard section != nil else {
            throw wrong(
                "'\(text)' stands before any section", file, line, "write '[global]', or '[name]' of a job, before it")
        }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let option = Option(
            key: String(trimmed(parts[0])), value: parts.count > 1 ? String(trimmed(parts[1])) : nil,
            place: "\(file):\(line)")
        section!.options.append(option)
        guard section!.options.count <= Self.mostOptions, shared.options.count <= Self.mostOptions else {
            throw wrong("more than \(Self.mostOptions) options in a section", file, line, "write fewer")
        }
    }

    private mutating func endSection() throws(AuditError) {
        guard let (name, place, options) = section else { return }
        section = nil
        if name == "global" {
            shared.options += options
            shared.number += 1
        } else {
            jobs.append(Job(name: name, place: place, options: options, shared: shared))
        }
        guard jobs.count <= Plan.mostEntries else {
            throw AuditError(
                "more than \(Plan.mostEntries) jobs", at: place, remedy: "write several files", exit: .badInput)
        }
    }
}

private func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0.isWhitespace }
    return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? start.prefix(0)
}

private func wrong(_ what: String, _ file: String, _ line: Int, _ remedy: String) -> AuditError {
    AuditError(what, at: "\(file):\(line)", remedy: remedy, exit: .badInput)
}
