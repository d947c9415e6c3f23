// Intent: munlockall after the last file is closed is teardown's, and a pass.
// Exit: 0
// Verdict: pass
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: munlockall 1
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 10);
    close(fd);
    munlockall();
}
