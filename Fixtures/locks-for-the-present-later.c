// Intent: mlockall(MCL_CURRENT) in the steady phase takes MCL_FUTURE away again: nothing allocated, and no pass.
// Exit: 2
// Verdict: inconclusive
// Reason: released its memory lock in the steady phase
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 19, mlockall 1
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 10);
    require(mlockall(MCL_CURRENT) == 0, "mlockall");
    write_blocks(fd, 10);
    close(fd);
}
