// Intent: is killed in the steady phase, with an allocation that it must not get away with.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: killed by signal 9
// Reason: I/O accounting
// Root Reason: killed by signal 9
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, calloc 1/40
// Teardown: nothing
// Violation: calloc 1/40 first 10 in main
// Also: syscallBrk
#include "direct.h"
#include <signal.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    keep(calloc(4, 10));
    kill(getpid(), SIGKILL);
}
