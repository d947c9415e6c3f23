import Glibc

/// The lines of /proc/self/status that hold capabilities.
package enum CapabilitySet: String {
    case effective = "CapEff:"
    case permitted = "CapPrm:"
    /// Those that a program inherits which is started by this process and has none in its file.
    case ambient = "CapAmb:"
}

/// Capabilities of this process that count for the whole machine, a bit for each.
package func capabilities(_ set: CapabilitySet) -> UInt64 {
    guard isInFirstUserNamespace() else { return 0 }
    return statusField(set.rawValue, in: "/proc/self/status").flatMap { UInt64($0, radix: 16) } ?? 0
}

package func hasCapability(_ number: UInt64, in set: CapabilitySet = .effective) -> Bool {
    capabilities(set) >> number & 1 == 1
}

/// The one that the machine started with, whose number is the same on every Linux. In the others, such as a rootless
/// container's, root and capabilities rule over no more than what is the namespace's own.
private func isInFirstUserNamespace() -> Bool {
    var target = [CChar](repeating: 0, count: 64)
    guard readlink("/proc/self/ns/user", &target, target.count - 1) > 0 else { return true }  // a kernel without any
    return target.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } == "user:[4026531837]"
}

package func isMachinesRoot() -> Bool {
    geteuid() == 0 && isInFirstUserNamespace()
}
