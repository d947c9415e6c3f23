// Intent: gives up its lock while no file is open, and opens one again: the steady phase went on without the lock.
// Exit: 1
// Verdict: fail
// Reason: released its memory lock in the steady phase
// Setup: mlockall 1
// Warmup: transfers 2
// Steady: transfers 8, munlockall 1
// Teardown: nothing
// Violation: munlockall 1 first 5 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    for (int i = 0; i < 2; i++) {
        int fd = open_direct(arguments[1]);
        write_blocks(fd, 5);
        close(fd);
        if (i == 0) munlockall();
    }
}
