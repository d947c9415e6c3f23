// Intent: a child does one transfer, which is its warm-up, and no steady one: its parent's steady phase does not clear it.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: did 1 transfer, none of them in its steady phase
// Warmup: transfers 2
// Steady: transfers 9
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    pid_t child = fork();
    if (child == 0) {
        write_block(fd, 0);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 10);
    close(fd);
}
