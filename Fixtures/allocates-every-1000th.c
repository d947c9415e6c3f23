// Intent: allocates at every 1000th transfer only: 3 times in 3000.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 2999, malloc 3/48, free 3
// Settled: never
// Violation: malloc 3/48 first 1000 in main
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 1; i <= 3000; i++) {
        write_block(fd, i % 16);
        if (i % 1000 == 0) free(keep(malloc(16)));
    }
    close(fd);
}
