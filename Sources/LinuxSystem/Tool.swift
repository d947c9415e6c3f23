import AuditCore
import CLinuxHost
import Glibc

/// A system program that runs to its end without being watched.
package struct Tool {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Looks on PATH, and where Debian keeps what is root's, which `su` leaves off it.
    package static func named(_ name: String) -> Tool? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let directories = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"]
        return directories.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }.map(Tool.init(path:))
    }

    /// Signals that come for us meanwhile stay pending: see `Interruption`.
    ///
    /// - Parameter success: the exit code that is none of a failure.
    /// - Returns: its output, if it failed.
    package func run(_ arguments: [String], success: Int32 = 0) throws(AuditError) -> String? {
        Interruption.hold()
        let output = try memoryFile("dioaudit-tool", for: "the output of \(path)")
        defer { output.closeQuietly() }
        var child = cl_child()
        let started = withCStrings([path] + arguments) { arguments in
            cl_spawn(arguments, environ, nil, output.rawValue, output.rawValue, CL_WATCH_FROM_OUTSIDE, &child)
        }
        do { try granted(started) } catch { throw systemError("fork", error, at: path) }
        cl_go(&child)
        do { try granted(cl_started(&child)) } catch { return error.description }
        let exit = end(of: child)
        guard exit.code != success else { return nil }
        let said =
            (try? textFile("/proc/self/fd/\(output.rawValue)"))?.split(separator: "\n").joined(separator: "; ") ?? ""
        return said.isEmpty ? "exit \(exit.code), signal \(exit.signal)" : said
    }

    private func end(of child: cl_child) -> cl_exit {
        var information = siginfo_t()
        while waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT) != 0 && Errno.last == .interrupted {}
        var exit = cl_exit()
        _ = cl_reap(child.pid, &exit)
        return exit
    }
}
