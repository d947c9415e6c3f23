// Intent: the heap's end moved up by the instruction itself beside as many calls of sbrk that move it down: for the kernel's side
// these are releases, and none stands for another.
// Options: --syscalls perf --allow brk,sbrk,pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: sbrk 1/1048576
// Warmup: transfers 1
// Steady: transfers 19, sbrk 7/0, syscallBrk 7, syscallMunmap 7
// Violation: syscallBrk 7
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(sbrk(1 << 20) != (void *)-1, "sbrk");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 7; i++) {
        require(sbrk(-BLOCK) != (void *)-1, "sbrk");
        long end = raw(SYS_brk, 0, 0, 0, 0);
        require(raw(SYS_brk, end + BLOCK, 0, 0, 0) == end + BLOCK, "brk");
    }
    write_blocks(fd, 10);
    close(fd);
}
