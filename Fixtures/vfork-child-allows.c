// Intent: a vfork child enters an allowed region and ends in it: the region is not its parent's, whose allocations afterwards are
// violations.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 19, malloc 6/60, pagesUnexplained >=0
// Violation: malloc 6/60 first 10 in main
#include "direct.h"
#include "dioaudit.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    int status;
    pid_t child = vfork();
    if (child == 0) {
        dioaudit_allow_begin("the child's");
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    for (int i = 0; i < 6; i++) keep(malloc(10));
    write_blocks(fd, 10);
    close(fd);
}
