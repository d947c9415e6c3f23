// Intent: a daemon's way: where it may, it changes its root and its user; then it forks, and the child, which could
// open nothing of ours any more, has its ledger still.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 2/4, free 2
// Warmup: transfers 2
// Steady: transfers 8, malloc 1/3, free 1
// Teardown: nothing
// Violation: malloc 1/3 first 5 in main
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    if (chroot("/usr") == 0) require(chdir("/") == 0, "chdir");
    if (setgid(65534) == 0) require(setuid(65534) == 0, "setuid");
    pid_t child = fork();
    free(keep(malloc(2)));
    write_blocks(fd, 5);
    if (child == 0) {
        free(keep(malloc(3)));
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
