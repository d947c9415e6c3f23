// Intent: the warm-up takes four writes of a file, and two reads. Reads begin in the steady phase: their own two are warm-up, and
// what is done between them is steady.
// Options: --warmup-ios read=2,write=4 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 6, malloc 3/9, free 3
// Steady: transfers 9, malloc 2/9, free 2
// Teardown: nothing
// Settled: 6
// Violation: malloc 1/4 first 4 in main
// Violation: malloc 1/5 first 5 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 4; i++) {
        if (i > 0) free(keep(malloc(3)));
        write_block(fd, i);
    }
    free(keep(malloc(4)));
    read_block(fd, 0);
    free(keep(malloc(5)));
    for (int i = 1; i < 4; i++) read_block(fd, i);
    write_blocks(fd, 7);
    close(fd);
}
