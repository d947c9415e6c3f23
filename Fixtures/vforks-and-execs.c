// Intent: a vfork child closes the file and ends, in its parent's memory: the parent's file is open still, and the
// parent has not ended. Another executes a program, whose arguments the kernel counts as pages of the parent's until it runs.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 19
// Teardown: malloc 1/3, free 1
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    int status;
    pid_t child = vfork();
    if (child == 0) {
        close(fd);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the first child");
    child = vfork();
    if (child == 0) {
        dup2(2, fd);
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the second child");
    write_blocks(fd, 10);
    close(fd);
    free(keep(malloc(3)));
}
