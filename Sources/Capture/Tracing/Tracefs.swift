import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

/// The file system that describes the kernel's tracepoints.
package struct Tracefs {
    /// Its path; nil if it is not mounted, and this process may not mount it for itself.
    package let path: String?
    /// It is not mounted: `path` leads into a mount that only this process has.
    var isOurOwn = false

    /// Found once: a mount of our own stays open until this process ends.
    package static let current = find()

    /// One that this process can read, if there are several.
    static func find() -> Tracefs {
        let mounted = Mount.all().filter { $0.type == "tracefs" }.map { Tracefs(path: $0.path) }
        let readable = mounted.first { (try? $0.sample()) != nil }
        if let found = readable ?? mounted.first { return found }
        // Open until this process ends.
        guard let own = try? FileDescriptor(answer: cl_open_tracefs()) else { return Tracefs(path: nil) }
        return Tracefs(path: "/proc/self/fd/\(own.rawValue)", isOurOwn: true)
    }

    /// The number that perf_event_open(2) knows a tracepoint by; its name is `SYSTEM/EVENT`.
    func number(of event: String) throws(Errno) -> UInt64 {
        guard let path else { throw .noSuchFileOrDirectory }
        guard let number = UInt64(try textFile("\(path)/events/\(event)/id")) else { throw .badMessage }
        return number
    }

    /// Every kernel with tracepoints has this one.
    func sample() throws(Errno) -> UInt64 { try number(of: "kmem/kmalloc") }

    /// Its description of a tracepoint.
    func format(of event: String) throws(TracingProblem) -> TraceFormat {
        guard let path else { throw TracingProblem("tracefs is not mounted") }
        let text: String
        do {
            text = try textFile("\(path)/events/\(event)/format")
        } catch {
            throw TracingProblem("the format of \(perfName(event)) is not to be read: \(error)")
        }
        do {
            return try TraceFormat(text)
        } catch {
            throw TracingProblem("the format of \(perfName(event)) is not understood: \(error.what)")
        }
    }

    func has(_ event: String) -> Bool { path.map { access("\($0)/events/\(event)", F_OK) == 0 } ?? false }
}

/// Why a tracepoint cannot be listened to, in words.
package struct TracingProblem: Error {
    package let what: String

    package init(_ what: String) {
        self.what = what
    }
}

/// `kmem:kmalloc`, as perf and people name what tracefs has as `kmem/kmalloc`.
func perfName(_ event: String) -> String {
    event.split(separator: "/").joined(separator: ":")
}
