// Intent: a vfork child gives the file another number, closes it, opens its number anew, opens the file once more, and ends by
// exit: all in its parent's memory, and none of it is its parent's doing. What the parent allocates afterwards is steady.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 19, malloc 5/50, pagesUnexplained >=0
// Teardown: malloc 1/3
// Violation: malloc 5/50 first 11 in main
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    int status;
    pid_t child = vfork();
    if (child == 0) {
        require(dup(fd) >= 0, "another name");
        close(fd);
        require(open("/dev/null", O_RDONLY) == fd, "the number");
        open_direct(arguments[1]);
        exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    for (int i = 0; i < 5; i++) {
        write_block(fd, i);
        keep(malloc(10));
    }
    write_blocks(fd, 5);
    close(fd);
    keep(malloc(3));
}
