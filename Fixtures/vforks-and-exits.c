// Intent: a vfork child, which shares its parent's memory, opens an O_DIRECT file, cannot exec and ends by exit(3): its parent's
// steady phase continues, and the file is not its parent's.
// Options: --allow pageFaultMinor,pageFaultMajor,brk
// Exit: 1
// Verdict: fail
// Steady: transfers 149, malloc 100/3200, free >=0, pagesUnexplained >=0
// Violation: malloc 100/3200 in main
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 50);
    pid_t child = vfork();
    if (child == 0) {
        open_direct(arguments[1]);
        execl("/nonexistent", "nonexistent", NULL);
        exit(127);
    }
    int status;
    require(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 127, "the child");
    for (int i = 0; i < 100; i++) {
        write_block(fd, i);
        keep(malloc(32));
    }
    close(fd);
    _exit(0);
}
