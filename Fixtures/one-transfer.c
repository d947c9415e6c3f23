// Intent: one transfer only, which is warm-up's: a steady phase without transfers proves nothing.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: the steady phase holds 0 transfers
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 0
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    close(fd);
}
