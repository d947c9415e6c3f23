// Intent: the parent closes its file by close_range, the child by closefrom: what follows is teardown.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 2
// Steady: transfers 18
// Teardown: malloc 2/11, free 2
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pid_t child = fork();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    if (child == 0) {
        closefrom(3);
        free(keep(malloc(5)));
        return 0;
    }
    close_range((unsigned)fd, ~0U, 0);
    free(keep(malloc(6)));
    int status;
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
