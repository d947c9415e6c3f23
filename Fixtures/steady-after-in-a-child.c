// Intent: each process has its own warm-up: a child of nine transfers is in no steady phase, however many its parent does.
// Options: --steady-after 10 --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: did 9 transfers and never reached its steady phase
// Warmup: transfers 19, malloc 9/288, brk >=0
// Steady: transfers 20
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 9; i++) {
            write_block(fd, i);
            keep(malloc(32));
        }
        _exit(0);
    }
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 30);
    close(fd);
}
