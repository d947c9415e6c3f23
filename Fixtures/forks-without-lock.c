// Intent: locks its memory and forks: the child has no lock, which mlockall(2) does not pass on, and transfers all the same.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: never called mlockall
// Setup: mlockall 1
// Warmup: transfers 2
// Steady: transfers 18
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    lock_memory();
    write_blocks(fd, 10);
    pid_t child = fork();
    if (child == 0) {
        write_blocks(fd, 10);
        return 0;
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
