import AuditCore
import AuditReport
import Glibc
import LinuxSystem

/// Where one view of the report goes. Opened before the subject starts, so that a wrong path costs no audit, and open
/// until dioaudit ends.
struct Output {
    private let file: FileDescriptor
    private let place: String

    static let stdout = Output(.standardOutput, place: "standard output")
    static let stderr = Output(.standardError, place: "standard error")

    private init(_ file: FileDescriptor, place: String) {
        self.file = file
        self.place = place
    }

    init(path: String) throws(AuditError) {
        do throws(Errno) {
            file = try FileDescriptor(
                opening: path, .writeOnly, [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw AuditError(
                "cannot write the report: \(error)", at: path,
                remedy: "give --format a path in an existing directory that you may write to", exit: .usage)
        }
        place = path
    }

    var isTerminal: Bool { isatty(file.rawValue) == 1 }

    func style(noColor: Bool) -> Style {
        Style(coloured: isTerminal && !noColor && !Self.colourIsUnwelcome, directories: Self.workingDirectories)
    }

    /// By its own name, and by the one that the shell has for it, with links, which compilers record.
    private static var workingDirectories: [String] {
        guard let buffer = getcwd(nil, 0) else { return [] }
        defer { free(buffer) }
        let physical = String(cString: buffer)
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
        do throws(Errno) {
            try file.writeAll(text)
        } catch {
            throw AuditError(
                "cannot write the report: \(error)", at: place, remedy: "make room there, or write it elsewhere",
                exit: .internalError)
        }
    }
}

/// For messages. A failure to write them is ignored: there is no other place to report it.
func writeError(_ text: String) {
    try? Output.stderr.write(text)
}
