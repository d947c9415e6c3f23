import AuditCore
import Glibc

extension Machine {
    package static func current() -> Machine {
        var name = utsname()
        uname(&name)
        return Machine(
            kernel: text(name.release), arch: text(name.machine), cpus: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }
}
