import AuditCore
import AuditReport
import Glibc
import LinuxSystem

/// Where one view of the report goes. Tried before the subject starts, so that a wrong path costs no audit.
struct Output {
    private enum Target {
        case file(WholeFile)
        /// What cannot be replaced: a terminal, a pipe, a device.
        case stream(FileDescriptor)
    }

    private let target: Target
    private let place: String

    static let stdout = Output(.standardOutput, place: "standard output")
    static let stderr = Output(.standardError, place: "standard error")

    private init(_ file: FileDescriptor, place: String) {
        target = .stream(file)
        self.place = place
    }

    init(path: String) throws(AuditError) {
        if let problem = TrustedPath.planted(path) {
            throw AuditError(
                "the report is not written there: \(problem)", at: path,
                remedy: "remove it, or give --format a path in a directory of your own", exit: .usage)
        }
        do throws(Errno) {
            target = try Self.target(path)
        } catch {
            throw AuditError(
                "cannot write the report: \(error)", at: path,
                remedy: "give --format a path in an existing directory that you may write to", exit: .usage)
        }
        place = path
    }

    private static func target(_ path: String) throws(Errno) -> Target {
        if WholeFile.isPossible(at: path) {
            do throws(Errno) { return .file(try WholeFile(at: path)) } catch {
                // A file that we may write in a directory where we may not replace it: it is written where it is.
                guard [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(error) else { throw error }
            }
        }
        return .stream(
            try FileDescriptor(
                opening: path, .writeOnly, [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]))
    }

    var isFile: Bool { if case .file = target { true } else { false } }

    var isTerminal: Bool { if case .stream(let file) = target { isatty(file.rawValue) == 1 } else { false } }

    func style(noColor: Bool, stacks: UInt64 = 0) -> Style {
        Style(
            coloured: isTerminal && !noColor && !Self.colourIsUnwelcome, directories: Self.workingDirectories,
            stacks: Int(clamping: stacks))
    }

    /// What the services of a pipeline name source files from: the checkout, as GitHub's and GitLab's runners say it; else the working
    /// directory.
    static var repository: [String] {
        let checkout = [getenv("GITHUB_WORKSPACE"), getenv("CI_PROJECT_DIR")].compactMap {
            $0.map { String(cString: $0) }
        }
        return checkout.first { $0.hasPrefix("/") && $0 != "/" }.map { [$0] } ?? workingDirectories
    }

    /// By its own name, and by the one that the shell has for it, with links, which compilers record.
    private static var workingDirectories: [String] {
        guard let physical = currentDirectory else { return [] }
        guard let logical = getenv("PWD").map({ String(cString: $0) }), logical.hasPrefix("/"),
            let resolved = realpath(logical, nil)
        else { return [physical] }
        defer { free(resolved) }
        return String(cString: resolved) == physical ? [logical, physical] : [physical]
    }

    /// https://no-color.org, and terminals that know no colours.
    private static var colourIsUnwelcome: Bool {
        let noColor = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return noColor || getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? true
    }

    func write(_ text: String) throws(AuditError) {
        try writeFile { try $0.writeAll(text) }
    }

    func write(json value: some Encodable) throws(AuditError) {
        try writeFile { file in try writeJSON(value) { try file.writeAll($0) } }
    }

    /// A text that comes in pieces.
    func write(pieces body: (@escaping (String) throws -> Void) throws -> Void) throws(AuditError) {
        try writeFile { file in try body { try file.writeAll($0) } }
    }

    private func writeFile(_ body: (FileDescriptor) throws -> Void) throws(AuditError) {
        do {
            switch target {
            case .file(let file): try file.write(body)
            case .stream(let file): try body(file)
            }
        } catch let error as EncodingError {
            throw AuditError(
                "the report cannot be encoded: \(error)", at: place, remedy: "please report this bug",
                exit: .internalError)
        } catch {
            throw AuditError(
                "cannot write the report: \(error)", at: place, remedy: "make room there, or write it elsewhere",
                exit: .internalError)
        }
    }
}

/// Writes a file that is kept from run to run: the earlier one stays if that fails.
func replaceFile(at path: String, withJSON value: some Encodable) throws(AuditError) {
    if let problem = TrustedPath.planted(path) {
        throw AuditError(
            "it is not written there: \(problem)", at: path,
            remedy: "remove it, or give a path in a directory of your own", exit: .usage)
    }
    do {
        try WholeFile.replace(at: path) { file in try writeJSON(value) { try file.writeAll($0) } }
    } catch {
        throw AuditError(
            "cannot write it: \(error)", at: path, remedy: "make room there, or write it elsewhere",
            exit: .internalError)
    }
}

/// Writes each view even if another cannot be written. Files come first: nobody may read the streams to their end.
///
/// - Throws: the first error; the others are said.
func write<Format>(
    _ views: [(format: Format, output: Output)], _ write: (Format, Output) throws(AuditError) -> Void
) throws(AuditError) {
    var first: AuditError?
    for view in views.filter(\.output.isFile) + views.filter({ !$0.output.isFile }) {
        do throws(AuditError) {
            try write(view.format, view.output)
        } catch {
            if first != nil { writeError(error.description + "\n") }
            first = first ?? error
        }
    }
    if let first { throw first }
}

/// For messages. A failure to write them is ignored: there is no other place to report it.
func writeError(_ text: String) {
    try? Output.stderr.write(text)
}

/// Null if it was removed.
var currentDirectory: String? {
    guard let buffer = getcwd(nil, 0) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
}
