import Glibc

package func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// For `cl_wait`: negative means for ever.
package func remaining(until deadline: UInt64?) -> Int64 {
    guard let deadline else { return -1 }
    let now = monotonicNanoseconds()
    return deadline > now ? Int64(deadline - now) : 0
}
