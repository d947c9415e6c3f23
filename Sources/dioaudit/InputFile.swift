import AuditCore
import AuditReport
import LinuxSystem

/// A file that somebody wrote for dioaudit to read. Its size is bounded: a device would never end.
struct InputFile {
    /// In an error's words: `the plan`.
    let what: String
    let mostBytes: Int
    let remedy: String
    /// In place of an empty path.
    let option: String
    /// A pipe, such as a shell's `<(…)`, is no regular file.
    var mayBePipe = false

    static let plan = InputFile(
        what: "the plan", mostBytes: 4 << 20,
        remedy: "give --plan a file that you may read; 'dioaudit init' writes one", option: "--plan")
    static let suppressions = InputFile(
        what: "the suppressions", mostBytes: 16 << 20, remedy: "give --suppressions a file that you may read",
        option: "--suppressions", mayBePipe: true)
    static let report = InputFile(
        what: "the report", mostBytes: Report.mostBytes,
        remedy: "give a report that --format json=PATH wrote, as a file that you may read", option: "report")

    func contents(_ path: String) throws(AuditError) -> [UInt8] {
        try read(path) { file, _ in
            let bytes = try file.readAll(atMost: mostBytes)
            guard bytes.count <= mostBytes else { throw refusal(path, tooLarge) }
            return bytes
        }
    }

    /// What `body` makes of the file's bytes, of which it gets the next ones whenever it asks, and their number.
    func pieces<Value>(
        _ path: String, _ body: (_ size: Int, _ next: ByteSource) throws(AuditError) -> Value
    ) throws(AuditError) -> Value {
        try read(path) { file, size in
            var left = mostBytes
            return try body(size) { buffer in
                do {
                    let count = try file.readSome(into: buffer)
                    left -= count
                    guard left >= 0 else { throw refusal(path, tooLarge) }
                    return count
                } catch let error as Errno {
                    throw refusal(path, "\(error)")
                }
            }
        }
    }

    private func read<Value>(
        _ path: String, _ body: (FileDescriptor, _ size: Int) throws -> Value
    ) throws(AuditError) -> Value {
        do {
            let file = try mayBePipe ? FileDescriptor(opening: path, .readOnly) : FileDescriptor(openingRegular: path)
            defer { file.closeQuietly() }
            // A larger one is not read at all; one that grows meanwhile, as far as the bound.
            let size = Int(try file.size())
            guard size <= mostBytes else { throw refusal(path, tooLarge) }
            return try body(file, size)
        } catch let error as AuditError {
            throw error
        } catch {
            throw refusal(path, "\(error)")
        }
    }

    private var tooLarge: String { "it is larger than \(Figures.bytes(UInt64(mostBytes)))" }

    private func refusal(_ path: String, _ why: String) -> AuditError {
        AuditError(
            "cannot read \(what): \(why)", at: path.isEmpty ? "\(option) ''" : path, remedy: remedy, exit: .badInput)
    }
}
