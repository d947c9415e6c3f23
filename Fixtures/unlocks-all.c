// Intent: munlockall in the steady phase.
// Exit: 1
// Verdict: fail
// Reason: released its memory lock in the steady phase
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 19, munlockall 1
// Teardown: nothing
// Violation: munlockall 1 first 10 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 10);
    munlockall();
    write_blocks(fd, 10);
    close(fd);
}
