// Intent: closes its file before it is warm and opens it again: the gap is warm-up's, and the warm-up begins anew.
// Options: --warmup-ios 3 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 5, malloc 2/20, free 2
// Steady: transfers 7, malloc 1/10, free 1
// Teardown: malloc 1/10, free 1
// Violation: malloc 1/10 first 5 in main
#include "direct.h"

static void allocate(void) {
    free(keep(malloc(10)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 2);
    close(fd);
    allocate();
    fd = open_direct(arguments[1]);
    write_blocks(fd, 2);
    allocate();
    write_block(fd, 0);
    allocate();
    write_blocks(fd, 7);
    close(fd);
    allocate();
}
