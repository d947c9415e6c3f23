// Intent: is killed in the steady phase and has allocated nothing: only the kernel's records tell that it took no page fault.
// Exit: 3
// Verdict: inconclusive
// Reason: killed by signal 9
// Reason: page faults of the steady phase are not known in full
// Root Reason: killed by signal 9
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"
#include <signal.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(kill(getpid(), 0) == 0, "kill");  // its code is there from now on
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    kill(getpid(), SIGKILL);
}
