// Intent: Swift with its whole runtime: an allocation (by posix_memalign, as Swift does it) for each transfer, and its stack with demangled names.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 99, posixMemalign 99/3960, free 99
// Violation: posixMemalign 99/3960 first 2 in swift_slowAlloc < main.Record.init < main

import Glibc

struct Record {
    let memory: UnsafeMutablePointer<UInt8>

    @inline(never) init() {
        memory = .allocate(capacity: 40)
        memory.initialize(repeating: 1, count: 40)
    }
}

let direct: Int32 = 0o40000  // O_DIRECT, which Swift does not import
let file = open(CommandLine.arguments[1], O_RDWR | O_CREAT | direct, 0o600)
let block = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
block.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
for index in 0..<100 {
    guard pwrite(file, block, 4096, index * 4096) == 4096 else { exit(99) }
    if index > 0 { Record().memory.deallocate() }
}
close(file)
