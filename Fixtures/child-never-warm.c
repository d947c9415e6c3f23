// Intent: a child's file never ends its warm-up, so that the child is in no steady phase: its clean parent does not stand for it.
// Options: --warmup-ios 2
// Exit: 2
// Verdict: inconclusive
// Reason: did 101 transfers and never reached its steady phase
// Warmup: transfers 103, malloc 100/3200, brk >=0
// Steady: transfers 148
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pid_t child = fork();
    int fd = open_direct(arguments[1]);
    if (child == 0) {
        int other = open_direct(arguments[1]);
        write_block(other, 0);
        for (int i = 0; i < 100; i++) {
            keep(malloc(32));
            write_block(fd, i);
        }
        _exit(0);
    }
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 150);
    close(fd);
}
