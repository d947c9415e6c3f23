// Intent: a program that never locks, under --lock: MCL_FUTURE is in effect before its main, and no call is its own.
// Options: --lock
// Exit: 0
// Verdict: pass
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
// Settled: 1
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
