// Intent: a filter of the program's own makes getpid, gettid and getrusage succeed with 0, without making them. The interposer cannot
// tell a vfork child that ends by exit from its parent, nor count page faults: neither is known.
// Exit: 2
// Verdict: inconclusive
// Reason: was refused getpid(2) or gettid(2)
// Reason: getrusage(2) was refused
// Reason: by vfork ended without exit or exec
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: transfers 5, malloc 5/50
#include "refuses.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]), status;
    REFUSE(0, SYS_getpid, SYS_gettid, SYS_getrusage);
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
