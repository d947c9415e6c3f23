// Intent: grows one block by realloc, then by reallocarray, which must not count as realloc too.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/8
// Warmup: transfers 1
// Steady: transfers 19, realloc 10/550, reallocarray 10/1100
// Teardown: free 1
// Settled: never
// Violation: realloc 10/550 first 1 in main
// Violation: reallocarray 10/1100 first 11 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    void *memory = keep(malloc(8));
    for (long i = 1; i <= 10; i++) {
        write_block(fd, i);
        memory = keep(realloc(memory, (size_t)i * 10));
    }
    for (long i = 1; i <= 10; i++) {
        write_block(fd, i);
        memory = keep(reallocarray(memory, (size_t)i, 20));
    }
    close(fd);
    free(memory);
}
