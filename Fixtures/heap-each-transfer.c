// Intent: a small allocation after each transfer, in plain C: what the tests of blind spots build in many ways.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 9, malloc 10/320, free 10
// Teardown: nothing
// Violation: malloc 10/320 first 1 in main
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(malloc(32)));
    }
    close(fd);
}
