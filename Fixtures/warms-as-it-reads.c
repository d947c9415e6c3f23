// Intent: a direction that is not named keeps its warm-up of one transfer; with 0 for the other, the steady phase begins with the
// first write, which is a part of it.
// Options: --warmup-ios write=0 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/3, free 1
// Warmup: transfers 1
// Steady: transfers 6, malloc 1/4, free 1
// Teardown: nothing
// Violation: malloc 1/4 first 1 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    free(keep(malloc(3)));
    write_block(fd, 0);
    free(keep(malloc(4)));
    write_block(fd, 1);
    for (int i = 0; i < 2; i++) read_block(fd, i);
    write_blocks(fd, 3);
    close(fd);
}
