import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// Whether a program or library can be interposed, by its file. Empty if that is no ELF file.
package struct Executable {
    /// No dynamic linker is asked for, so that nothing is preloaded.
    package private(set) var isStatic = false
    /// Why it cannot load the interposer, in words that follow its name; null if it can.
    package private(set) var whyNotPreloaded: String?
    /// The heap of its own that it uses, whose calls bypass the interposer, in words.
    package private(set) var ownHeap: String?
    /// The same if it was loaded as a library.
    package private(set) var ownHeapAsLibrary: String?
    /// The same if it was loaded as a library where no interposer comes before it: each heap function that it defines may be called.
    package private(set) var ownHeapUninterposed: String?
    /// Null if it cannot be read.
    private var identity: LoadedFile.Identity?

    /// A file that is open: what its path names may become another.
    package struct File: ~Copyable {
        fileprivate let path: String
        fileprivate let opened: Result<FileDescriptor, FileRefusal>

        package init(_ path: String) {
            self.path = path
            opened = Result { () throws(FileRefusal) in try FileDescriptor(openingRegular: path) }
        }

        /// The file that execvp(3) starts for a command's first word.
        package init(command: String) {
            self.init(command.contains("/") ? command : Executable.path(of: command) ?? command)
        }

        deinit { if case .success(let fd) = opened { fd.closeQuietly() } }
    }

    package init(_ path: String, _ parser: Parser) { self.init(File(path), parser) }

    package init(_ file: borrowing File, _ parser: Parser) { self.init(file, parser, interpreters: 0) }

    private init(_ file: borrowing File, _ parser: Parser, interpreters: Int) {
        let path = file.path
        let fd: FileDescriptor
        switch file.opened {
        case .success(let opened): fd = opened
        case .failure(let error):
            whyNotPreloaded = "did not load the interposer, and its file cannot be read: \(error)"
            ownHeap = "its file cannot be read (\(error)), so whether it has a heap of its own is unknown"
            // The kernel's own, which is no file.
            if !path.hasPrefix("linux-vdso") { ownHeapAsLibrary = ownHeap }
            ownHeapUninterposed = ownHeapAsLibrary
            return
        }
        identity = LoadedFile.Identity(of: fd.rawValue)
        if let interpreter = interpreter(ofScript: fd) {
            if interpreters < Self.mostInterpreters {
                self = Executable(File(interpreter), parser, interpreters: interpreters + 1)
            }
            return
        }
        do throws(Parser.Failure) {
            guard let file = try parser.program(fd, at: path) else { return }
            isStatic = file.linker == nil
            whyNotPreloaded = obstacle(to: file, fd)
            ownHeap = file.heapOfProgram
            ownHeapAsLibrary = file.heapOfLibrary
            ownHeapUninterposed = file.heapFunction.map { "has a \($0) of its own" } ?? file.heapOfLibrary
        } catch {
            ownHeap = "its file cannot be parsed (\(error)), so whether it has a heap of its own is unknown"
            ownHeapAsLibrary = ownHeap
            ownHeapUninterposed = ownHeap
        }
    }

    /// A script may be a script's interpreter: as often as execve(2) goes on to the next.
    private static let mostInterpreters = 5

    /// Why what the file shows may not hold for the one that was loaded, in words; nil if it is the same.
    package func whyNotTheFile(_ loaded: LoadedFile) -> String? {
        guard let identity else { return nil }
        guard let wasLoaded = loaded.identity else {
            return "could not be looked at while it was loaded, so whether it has a heap of its own is unknown"
        }
        return identity == wasLoaded
            ? nil
            : "was replaced, changed or linked to (perf record does) while it was loaded, so whether it has a heap of its own is unknown: "
                + "run it again"
    }

    /// What gives a program other privileges than its user's, in words; nil if nothing does.
    package static func whyPrivileged(_ path: String) -> String? {
        guard let fd = try? FileDescriptor(openingRegular: path) else { return nil }
        defer { fd.closeQuietly() }
        return privilege(of: fd)
    }

    /// Where execvp(3) finds a program that is named without a path.
    package static func path(of name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// The other file that runs it: a script's interpreter or a program's dynamic linker; null if there is none.
    static func loader(of path: String) -> String? {
        guard let fd = try? FileDescriptor(openingRegular: path) else { return nil }
        defer { fd.closeQuietly() }
        return interpreter(ofScript: fd) ?? (try? Parser().program(fd, at: path))?.linker
    }
}

extension LoadedFile.Identity {
    /// Of an open file.
    fileprivate init?(of fd: Int32) {
        var status = stat()
        guard fstat(fd, &status) == 0 else { return nil }
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            changedNanoseconds: Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec))
    }
}

/// execve(2): the program named in a script's first line.
private func interpreter(ofScript fd: FileDescriptor) -> String? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let length = pread(fd.rawValue, &bytes, bytes.count, 0)
    let line = String(decoding: bytes.prefix(max(0, length)).prefix { $0 != 10 }, as: UTF8.self)
    guard line.hasPrefix("#!") else { return nil }
    let words = line.dropFirst(2).split { $0 == " " || $0 == "\t" }
    return words.first.map(String.init)
}

private func privilege(of fd: FileDescriptor) -> String? {
    var status = stat()
    if fstat(fd.rawValue, &status) == 0, status.st_mode & (S_ISUID | S_ISGID) != 0 { return "is set-uid or set-gid" }
    return cl_has_capabilities(fd.rawValue) ? "has file capabilities" : nil
}

private func obstacle(to file: ProgramFacts, _ fd: FileDescriptor) -> String? {
    if let privilege = privilege(of: fd) {
        return "\(privilege), for which the dynamic linker ignores LD_PRELOAD (ld.so(8))"
    }
    guard let linker = file.linker else { return "is a static program, which loads no interposer" }
    if !file.isNative { return "is of another architecture than the interposer" }
    let name = linker.split(separator: "/").last ?? ""
    if !name.hasPrefix("ld-linux") { return "uses another libc than the interposer knows (\(linker))" }
    return file.needsSharedASan
        ? "is built with AddressSanitizer's shared runtime, which ends a program that loads another library (the interposer) "
            + "before it; set ASAN_OPTIONS=verify_asan_link_order=0 in its environment, or build it without the sanitizer"
        : nil
}
