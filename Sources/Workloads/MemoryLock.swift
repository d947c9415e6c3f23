import CLinux

/// Locks all memory of the process, that it has now and that it will ever have. Each stack is touched by this as well.
func lockMemory() throws(Failure) {
    guard mlockall(MCL_CURRENT | MCL_FUTURE) != 0 else { return }
    let number = errno
    let needed = processKiB()
    throw Failure(
        "mlockall(MCL_CURRENT | MCL_FUTURE)", errno: number, status: .cannotLock,
        remedy: "\(needed) KiB must be locked and RLIMIT_MEMLOCK allows \(cl_memlock_limit() / 1024) KiB:"
            + " raise it (ulimit -l \(needed)), or use a smaller --bs or --iodepth")
}

/// VmSize: mlockall(2) asks for all of the address space.
private func processKiB() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    let bytes = 64
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes) { line in
        guard fgets(line.baseAddress, Int32(bytes), file) != nil else { return 0 }
        return strtol(line.baseAddress!, nil, 10) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }
}
