// Intent: a child executes another program with an environment made from nothing, and does O_DIRECT transfers there,
// allocating at each: the interposer is passed on.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 2
// Steady: transfers 28, malloc 20/200, free 20
// Teardown: nothing
// Also: syscallBrk
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    if (count > 2) {
        for (int i = 0; i < 20; i++) {
            write_block(fd, i);
            free(keep(malloc(10)));
        }
        return 0;
    }
    write_blocks(fd, 10);
    pid_t child = fork();
    if (child == 0) {
        execle("/proc/self/exe", arguments[0], arguments[1], "again", NULL, (char *[]){NULL});
        _exit(1);
    }
    int status;
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
