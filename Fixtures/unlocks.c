// Intent: munlock in the steady phase: the lock no longer holds.
// Exit: 1
// Verdict: fail
// Reason: released its memory lock in the steady phase
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 19, munlock 1/4096
// Teardown: nothing
// Violation: munlock 1/4096 first 10 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 10);
    munlock(block, BLOCK);
    write_blocks(fd, 10);
    close(fd);
}
