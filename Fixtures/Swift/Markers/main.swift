// A Swift program that names its phases and regions, and allows one thing: what `SwiftMarkerTests` expects of it.
import DioauditMarkers
import Glibc

/// Heap memory that the compiler may not optimise away.
@inline(never) func allocate(_ bytes: Int) {
    let memory = malloc(bytes)!
    memory.storeBytes(of: 1, as: UInt8.self)
    free(memory)
}

nonisolated(unsafe) let block = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
guard CommandLine.arguments.count > 1 else { exit(64) }
let oDirect: Int32 = 0x4000  // O_DIRECT on x86-64, which Swift's Glibc module leaves out
let fd = open(CommandLine.arguments[1], O_RDWR | O_CREAT | oDirect, 0o600)
guard fd >= 0 else { exit(65) }

@inline(never) func write(blocks: Int) {
    for index in 0..<blocks {
        guard pwrite(fd, block, 4096, off_t(index) * 4096) == 4096 else { exit(66) }
    }
}

Dioaudit.enter(.setup)
write(blocks: 2)
Dioaudit.enter(.warmup)
write(blocks: 3)
Dioaudit.allow("warm-up") { allocate(10) }
Dioaudit.enter(.steady)
write(blocks: 5)
Dioaudit.allow("rotating the log") { for _ in 0..<4 { allocate(100) } }
Dioaudit.region("sending") { for _ in 0..<7 { allocate(200) } }
Dioaudit.enterThread(.teardown)
allocate(300)
Dioaudit.enterThread(nil)
Dioaudit.enter(.teardown)
close(fd)
