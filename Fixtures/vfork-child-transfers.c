// Intent: a vfork child writes to its parent's file before its parent does: the transfers are counted, and setup goes on.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Kernel: pwrite64 23
// Setup: transfers 3, malloc 4/40
// Warmup: transfers 1
// Steady: transfers 19, pagesUnexplained >=0
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    int status;
    pid_t child = vfork();
    if (child == 0) {
        write_blocks(fd, 3);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    for (int i = 0; i < 4; i++) keep(malloc(10));
    write_blocks(fd, 20);
    close(fd);
}
