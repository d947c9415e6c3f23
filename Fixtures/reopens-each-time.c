// Intent: opens, transfers twice and closes, ten times. What it allocates in between, with no file open, is the
// steady phase's; after the last close it is teardown's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 10
// Steady: transfers 10, malloc 9/90, free 9
// Teardown: malloc 1/10, free 1
// Violation: malloc 9/90 first 2 in main
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    for (int i = 0; i < 10; i++) {
        int fd = open_direct(arguments[1]);
        write_blocks(fd, 2);
        close(fd);
        free(keep(malloc(10)));
    }
}
