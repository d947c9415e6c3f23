// Intent: never calls mlockall though the lock is required.
// Options: --require-lock --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: never called mlockall(MCL_CURRENT|MCL_FUTURE)
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
