import AuditCore
import Glibc

/// What this machine allows this user, and what would allow more. It changes nothing: what can only be found by trying is
/// tried in children that end with it, and on files that are removed.
package enum Doctor {
    package static func findings() -> [Finding] {
        [kernel(), interposer(), driver(), memoryLock()] + tracing() + [
            seccomp(), attach(), memoryCgroup(), ioUring(), libaio(),
        ]
            + directIO()
    }

    private static func kernel() -> Finding {
        let machine = Machine.current()
        let found = "Linux \(machine.kernel), \(machine.arch), \(machine.cpus) CPUs, \(libc())"
        let usedFor = "the interposer: x86-64 with glibc"
        guard machine.arch == "x86_64" else {
            return .missing("kernel", found, for: usedFor, remedies: ["run dioaudit on an x86-64 machine"])
        }
        return .ok("kernel", found, for: usedFor)
    }

    private static func libc() -> String {
        var name = [CChar](repeating: 0, count: 64)
        confstr(Int32(_CS_GNU_LIBC_VERSION), &name, name.count)
        return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}
