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

    struct Unreadable: Error {
        let errno: Int32
    }

    /// One that this process can read, if there are several.
    static func find() -> Tracefs {
        let mounted = Mount.all().filter { $0.type == "tracefs" }.map { Tracefs(path: $0.path) }
        let readable = mounted.first { if case .success = $0.sample { true } else { false } }
        if let found = readable ?? mounted.first { return found }
        let own = cl_open_tracefs()  // open until this process ends
        return own >= 0 ? Tracefs(path: "/proc/self/fd/\(own)", isOurOwn: true) : Tracefs(path: nil)
    }

    /// The number that perf_event_open(2) knows a tracepoint by; its name is `SYSTEM/EVENT`.
    func number(of event: String) -> Result<UInt64, Unreadable> {
        guard let path else { return .failure(Unreadable(errno: ENOENT)) }
        guard let number = textFile("\(path)/events/\(event)/id").flatMap({ UInt64($0) }) else {
            return .failure(Unreadable(errno: errno))
        }
        return .success(number)
    }

    /// Every kernel with tracepoints has this one.
    var sample: Result<UInt64, Unreadable> { number(of: "kmem/kmalloc") }

    /// Its description of a tracepoint.
    func format(of event: String) throws(TracingProblem) -> TraceFormat {
        guard let path else { throw TracingProblem("tracefs is not mounted") }
        guard let text = textFile("\(path)/events/\(event)/format") else {
            throw TracingProblem("the format of \(perfName(event)) is not to be read: \(errnoText())")
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
