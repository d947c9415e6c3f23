// Intent: allocates after its very last transfer, while the file is still open: one event in 500 transfers.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 499, malloc 1/7, free 1
// Teardown: nothing
// Settled: never
// Violation: malloc 1/7 first 500 in main
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 0; i < 500; i++) write_block(fd, i % 16);
    free(keep(malloc(7)));
    close(fd);
}
