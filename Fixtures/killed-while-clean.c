// Intent: is killed in the steady phase and has allocated nothing: the number of its page faults is unknown. No pass.
// Exit: 3
// Verdict: inconclusive
// Reason: killed by signal 9
// Reason: page faults of the steady phase are not known in full
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"
#include <signal.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    kill(getpid(), SIGKILL);
}
