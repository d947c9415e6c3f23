// The same of Swift's assertion. Without a number it ends at once: then its start is what it costs.
import DioauditTesting
import Glibc
import Testing
import XCTest

nonisolated(unsafe) var kept = 0

func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

if let times = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) {
    var start = seconds()
    for _ in 0..<times { kept &+= 1 }
    let plain = seconds() - start
    start = seconds()
    for _ in 0..<times { expectNoAllocations(afterWarmup: 0) { kept &+= 1 } }
    print((seconds() - start - plain) * 1e9 / Double(times))
}
