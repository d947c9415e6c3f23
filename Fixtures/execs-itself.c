// Intent: executes another program with its O_DIRECT file open: the new image begins with setup, and both count.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 2/30, free 1
// Warmup: transfers 2
// Steady: transfers 10, malloc 1/30, free 1
// Teardown: malloc 1/40, free 1
// Violation: malloc 1/30 first 4 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    if (count == 2) {
        int fd = open_direct(arguments[1]);
        require(fd == 3, "the lowest descriptor");
        keep(malloc(10));
        write_blocks(fd, 8);
        execl("/proc/self/exe", arguments[0], arguments[1], "again", NULL);
    }
    free(keep(malloc(20)));
    write_blocks(3, 4);
    free(keep(malloc(30)));
    close(3);
    free(keep(malloc(40)));
}
