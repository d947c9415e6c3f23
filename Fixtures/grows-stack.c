// Intent: goes 200 pages deeper on its stack in the steady phase. The lock does not help: the stack was never that deep.
// Exit: 1
// Verdict: fail
// Reason: minor page fault
// Setup: mlockall 1, pageFaultMinor >=1
// Warmup: transfers 1
// Steady: transfers 19, pageFaultMinor >=160
// Settled: never
// Violation: pageFaultMinor >=160
// Also: pageFaultMinor
#include "direct.h"

__attribute__((noinline)) static void go_deeper(int pages) {
    char page[BLOCK];
    keep(page);
    page[0] = 1;
    if (pages > 0) go_deeper(pages - 1);
    page[BLOCK - 1] = 2;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 10);
    go_deeper(200);
    write_blocks(fd, 10);
    close(fd);
}
