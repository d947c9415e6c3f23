// Intent: a vfork child allocates in its parent's memory before it ends: counted there, and its page faults, which are another
// process's, are taken from nothing.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 3, malloc 1/30, pagesUnexplained >=0
// Violation: malloc 1/30 first 3 in main
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 3);
    pid_t child = vfork();
    if (child == 0) {
        keep(malloc(30));
        _exit(0);
    }
    require(waitpid(child, NULL, 0) == child, "the child");
    write_block(fd, 3);
    close(fd);
}
