// Intent: a child becomes another program without an environment, where nothing can be interposed, and does O_DIRECT
// transfers there, allocating at each. The parent is clean, but what the child did nobody knows: no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: 1 program that the subject started did not load the interposer
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
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
