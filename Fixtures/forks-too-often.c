// Intent: forks 150 children, each of which allocates between its transfers: more than the ledger has places for. What
// it did see is a failure, and what it did not is said.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: no room for
// Root Reason: no room for
// Root Reason: the kernel saw
// Steady: malloc 127/1016, free 127
// Teardown: nothing
// Also: syscallBrk
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    for (int i = 0; i < 150; i++) {
        pid_t child = fork();
        if (child == 0) {
            write_blocks(fd, 2);
            free(keep(malloc(8)));
            _exit(0);
        }
        require(waitpid(child, &status, 0) == child && status == 0, "a child");
    }
    write_blocks(fd, 5);
}
