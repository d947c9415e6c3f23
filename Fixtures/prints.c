// Intent: the first printf allocates its stream's buffer, later ones do not.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 19, malloc 1/4096
// Teardown: nothing
// Settled: 11
// Violation: malloc 1/4096 first 10 in main
// Also: syscallBrk
#include "direct.h"
#include <stdio.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(dup2(open("/dev/null", O_WRONLY), 1) == 1, "/dev/null");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 10; i++) {
        printf("transfer %d\n", i);
        write_block(fd, i);
    }
    close(fd);
}
