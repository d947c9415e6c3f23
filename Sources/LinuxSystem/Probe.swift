import CLinuxHost
import Glibc

/// The kernel's answer to a probe.
package enum Answer: Equatable {
    case granted
    case refused(Errno)
    /// A sandbox killed the child that tried.
    case killed(signal: Int32)

    package init(_ probe: cl_probe, _ argument: UInt64 = 0) {
        self.init(cl_probe(probe, argument))
    }

    /// - Parameter answer: as `cl_probe` returns it.
    package init(_ answer: Int32) {
        switch answer {
        case 0: self = .granted
        case let number where number < 0: self = .killed(signal: -number)
        case let number: self = .refused(Errno(rawValue: number))
        }
    }

    package var errno: Errno? {
        if case .refused(let errno) = self { errno } else { nil }
    }

    package var description: String {
        switch self {
        case .granted: "works"
        case .refused(let errno): errno.description
        case .killed(let signal): "killed by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}
