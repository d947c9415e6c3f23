// Intent: a filter of the program's own refuses getpid. A vfork child that ends by exit is told from its parent all the same, whose
// steady phase goes on.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 14, malloc 5/50
// Violation: malloc 5/50 first 10 in main
#include "refuses.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]), status;
    REFUSE(EPERM, SYS_getpid);
    write_blocks(fd, 10);
    pid_t child = vfork();
    if (child == 0) exit(0);
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    for (int i = 0; i < 5; i++) {
        keep(malloc(10));
        write_block(fd, i);
    }
    close(fd);
}
