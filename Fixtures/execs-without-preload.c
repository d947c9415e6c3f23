// Intent: removes LD_PRELOAD from its environment and executes another program: the interposer is passed on, and counts there.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 2
// Steady: transfers 18, malloc 10/100, free 10
// Teardown: nothing
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = 3;
    if (count == 2) {
        require(open_direct(arguments[1]) == fd, "the lowest descriptor");
        write_blocks(fd, 10);
        unsetenv("LD_PRELOAD");
        execl("/proc/self/exe", arguments[0], arguments[1], "again", NULL);
    }
    require(getenv("LD_PRELOAD") == NULL, "the environment is as it was given");
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(malloc(10)));
    }
}
