// Intent: allocates at each of its 5 warm-up transfers and never again.
// Options: --warmup-ios 5 --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: nothing
// Warmup: transfers 5, malloc 4/40, free 4
// Steady: transfers 95
// Teardown: nothing
// Settled: 5
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 0; i < 100; i++) {
        if (i > 0 && i < 5) free(keep(malloc(10)));
        write_block(fd, i);
    }
    close(fd);
}
