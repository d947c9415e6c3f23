import CLinuxHost
import Glibc

/// The kernel's answer to a probe.
enum Answer: Equatable {
    case granted
    case refused(errno: Int32)
    /// A sandbox killed the child that tried.
    case killed(signal: Int32)

    init(_ probe: cl_probe, _ argument: UInt64 = 0) {
        self.init(cl_probe(probe, argument))
    }

    /// - Parameter answer: as `cl_probe` returns it.
    init(_ answer: Int32) {
        switch answer {
        case 0: self = .granted
        case let number where number < 0: self = .killed(signal: -number)
        case let number: self = .refused(errno: number)
        }
    }

    var errno: Int32? {
        if case .refused(let errno) = self { errno } else { nil }
    }

    var description: String {
        switch self {
        case .granted: "works"
        case .refused(let errno): errnoText(errno)
        case .killed(let signal): "killed by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}

/// The lines of /proc/self/status that hold capabilities.
enum CapabilitySet: String {
    case effective = "CapEff:"
    case permitted = "CapPrm:"
    /// Those that a program inherits which is started by this process and has none in its file.
    case ambient = "CapAmb:"
}

/// Capabilities of this process that count for the whole machine, a bit for each.
func capabilities(_ set: CapabilitySet) -> UInt64 {
    guard isInFirstUserNamespace() else { return 0 }
    return statusField(set.rawValue, in: "/proc/self/status").flatMap { UInt64($0, radix: 16) } ?? 0
}

func hasCapability(_ number: UInt64, in set: CapabilitySet = .effective) -> Bool {
    capabilities(set) >> number & 1 == 1
}

/// The one that the machine started with, whose number is the same on every Linux. In the others, such as a rootless
/// container's, root and capabilities rule over no more than what is the namespace's own.
private func isInFirstUserNamespace() -> Bool {
    var target = [CChar](repeating: 0, count: 64)
    guard readlink("/proc/self/ns/user", &target, target.count - 1) > 0 else { return true }  // a kernel without any
    return target.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } == "user:[4026531837]"
}

func isMachinesRoot() -> Bool {
    geteuid() == 0 && isInFirstUserNamespace()
}

/// A kernel parameter, such as `kernel.perf_event_paranoid`; nil if this kernel has none of this name.
func sysctl(_ name: String) -> Int? {
    textFile("/proc/sys/" + name.split(separator: ".").joined(separator: "/")).flatMap { Int($0) }
}

/// A small file without its final line end; nil with errno set if it cannot be read.
func textFile(_ path: String) -> String? {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 16384)
    while case let length = read(fd, &block, block.count), length != 0 {
        guard length > 0 else { return nil }
        bytes += block.prefix(length)
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}
