import AuditCore
import CLinuxHost
import Glibc

/// Where direct I/O works.
package enum DirectIO {
    /// The directories that are tried when none is named: `$TMPDIR`, `/var/tmp`, the current directory.
    package static var usualDirectories: [String] {
        [getenv("TMPDIR").map { String(cString: $0) }, "/var/tmp", "."].compactMap { $0 }.filter { !$0.isEmpty }
    }

    /// The first of the usual directories that takes O_DIRECT.
    package static func defaultDirectory() throws(AuditError) -> String {
        var problems: [String] = []
        for directory in usualDirectories {
            guard let problem = problem(in: directory) else { return directory }
            problems.append("\(directory): \(problem.what)")
        }
        throw AuditError(
            "no directory for direct I/O", at: problems.joined(separator: "; "),
            remedy: "name a directory on a disk file system (ext4, xfs, btrfs) with --directory", exit: .usage)
    }

    /// Throws unless files in `directory` take O_DIRECT; names another that does.
    package static func check(_ directory: String) throws(AuditError) {
        if let problem = problem(in: directory) { throw unusable(directory, problem) }
    }

    /// What transfers must be multiples of, in bytes (statx(2), STATX_DIOALIGN).
    package struct Alignment {
        package var memory: UInt32
        package var offset: UInt32
    }

    package struct Problem: Error {
        package let what: String
        package var exit = ExitStatus.usage

        package init(_ what: String) {
            self.what = what
        }

        /// A full disk is no wrong usage.
        package init(_ error: Errno) {
            what = error.description
            if error == .noSpace || error == .diskQuotaExceeded { exit = .inconclusive }
        }
    }

    /// Why files in `directory` cannot be used for direct I/O; nil if they can.
    package static func problem(in directory: String) -> Problem? {
        if case .failure(let problem) = probe(directory) { return problem }
        return TrustedPath.problem(directory).map { Problem($0) }
    }

    /// Writes a block to a file in `directory` that has no name.
    ///
    /// - Returns: the alignment that the file needs; nil if the kernel or the file system does not report it.
    package static func probe(_ directory: String) -> Result<Alignment?, Problem> {
        do throws(Errno) {
            let place = try FileDescriptor(opening: directory, .readOnly, .directory)
            defer { place.closeQuietly() }
            guard faccessat(place.rawValue, ".", W_OK | X_OK, AT_EACCESS) == 0 else { throw .last }
            // tmpfs takes O_DIRECT since Linux 6.6, but its page cache is all it has: nothing would be direct.
            if cl_is_memory_backed(place.rawValue) {
                return .failure(Problem("its file system is in memory (tmpfs): no I/O is direct there"))
            }
            let file = try FileDescriptor(answer: cl_direct_probe(place.rawValue, ScratchDirectory.newName(.probe)))
            defer { file.closeQuietly() }
            try granted(cl_write_block(file.rawValue, 4096))
            var alignment = Alignment(memory: 0, offset: 0)
            let told = cl_direct_alignment(file.rawValue, &alignment.memory, &alignment.offset)
            return .success(told ? alignment : nil)
        } catch {
            return .failure(error == .invalidArgument ? .refused : Problem(error))
        }
    }
}

extension DirectIO.Problem {
    fileprivate static let refused = Self("its file system does not support O_DIRECT")
}

package func unusable(_ directory: String, _ problem: DirectIO.Problem) -> AuditError {
    let other = DirectIO.usualDirectories.first { $0 != directory && DirectIO.problem(in: $0) == nil }
    return AuditError(
        problem.what, at: directory,
        remedy: other.map { "use another: --directory \($0) works here" }
            ?? "name a directory on a disk file system (ext4, xfs, btrfs) with --directory",
        exit: problem.exit)
}
