// Intent: a child in a pid namespace of its own is 1 for itself and another for the kernel. What the kernel allocates for it is known
// to be its.
// Needs: root, to make the namespace
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Steady: transfers 19
// Settled: 1
// Kernel: pwrite64 20
#include "direct.h"
#include <sched.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(unshare(CLONE_NEWPID) == 0, "unshare");
    pid_t child = fork();
    if (child == 0) {
        int fd = open_direct(arguments[1]);
        write_blocks(fd, 20);
        close(fd);
        return 0;
    }
    int status = 1;
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
