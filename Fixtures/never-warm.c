// Intent: ends before the time that its warm-up is to last: nothing was judged.
// Options: --warmup-time 1h --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: the steady phase was not reached
// Setup: nothing
// Warmup: transfers 10, malloc 10/30, free 10
// Steady: transfers 0
// Teardown: malloc 1/4, free 1
// Settled: never
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(malloc(3)));
    }
    close(fd);
    free(keep(malloc(4)));
}
