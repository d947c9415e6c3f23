// Intent: moves the end of its data segment in the steady phase: up by sbrk, and back by brk. Asking where it is is no
// event.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, sbrk 13/53248, brk 3
// Teardown: nothing
// Settled: never
// Violation: sbrk 10/53248 first 1 in main
// Violation: sbrk 3/0 first 3 in main
// Also: syscallBrk
// Violation: brk 3 first 4 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    void *start = sbrk(0);
    for (int i = 1; i <= 10; i++) {
        write_block(fd, i);
        char *end = sbrk(BLOCK + (i % 3 == 0) * BLOCK);
        require(end != (void *)-1, "sbrk");
        *end = 1;
        if (i % 3 == 0) require(sbrk(-BLOCK) != (void *)-1, "sbrk");
        else require((char *)sbrk(0) == end + BLOCK, "where it is");
        if (i > 3 && i < 7) require(brk(start) == 0, "brk");
    }
    close(fd);
}
