import AuditCore
import CLinuxHost
import Glibc
import LinuxSystem

extension Doctor {
    static func ioUring() -> Finding {
        let name = "io_uring"
        let usedFor = "the io_uring workloads"
        let disabled = sysctl("kernel.io_uring_disabled")
        let figures = disabled.map { " (kernel.io_uring_disabled \($0))" } ?? ""
        let answer = Answer(CL_PROBE_IO_URING)
        guard answer != .granted else { return .ok(name, "a ring was made\(figures)", for: usedFor) }
        let remedies =
            switch answer.errno {
            case Errno.notPermitted where disabled ?? 0 > 0: [asRoot("sysctl -w kernel.io_uring_disabled=0")]
            case Errno.noFunction: ["boot a kernel with CONFIG_IO_URING=y", outsideSandbox()]
            case Errno.noMemory: ["raise the memory lock as above: before Linux 5.12 it holds the rings too"]
            default: [outsideSandbox()]
            }
        return .missing(name, answer.description + figures, for: usedFor, remedies: remedies)
    }

    static func libaio() -> Finding {
        let name = "libaio"
        let usedFor = "the libaio workloads"
        let transfers: UInt64 = 8  // in flight at once in the default plan
        let most = sysctl("fs.aio-max-nr")
        let figures =
            if let used = sysctl("fs.aio-nr"), let most {
                "\(used) of \(most) transfers taken on this machine (fs.aio-nr, fs.aio-max-nr)"
            } else {
                "no fs.aio-max-nr"
            }
        let answer = Answer(CL_PROBE_AIO, transfers)
        guard answer != .granted else { return .ok(name, figures, for: usedFor) }
        let remedies =
            switch answer.errno {
            case Errno.resourceTemporarilyUnavailable:
                [asRoot("sysctl -w fs.aio-max-nr=\(max(1 << 20, 2 * (most ?? 0)))")]
            case Errno.noFunction: ["boot a kernel with CONFIG_AIO=y", outsideSandbox()]
            default: [outsideSandbox()]
            }
        return .missing(name, "\(answer.description); \(figures)", for: usedFor, remedies: remedies)
    }
}
