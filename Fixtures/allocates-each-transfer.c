// Intent: allocates once for each transfer, after it. The page faults are none of its own: it has locked its memory.
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 100 malloc
// Setup: mlockall 1, malloc 1/32, free 1
// Warmup: transfers 1/4096
// Steady: transfers 99/405504, malloc 100/3200, free 100, pageFaultMinor 0, pageFaultMajor 0
// Teardown: nothing
// Settled: never
// Violation: malloc 100/3200 first 1 thread allocates-each-transfer in allocate < step < main
#include "direct.h"

__attribute__((noinline)) static void *allocate(void) {
    return keep(malloc(32));
}

__attribute__((noinline)) static void step(int fd, long index) {
    write_block(fd, index);
    free(allocate());
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    free(keep(malloc(32)));  // the heap's first pages
    for (long i = 0; i < 100; i++) step(fd, i);
    close(fd);
}
