// Intent: O_DIRECT is set by fcntl, on a descriptor that has been used, and taken away again.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: malloc 1/2, free 1
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open(arguments[1], O_RDWR | O_CREAT, 0600);
    write_blocks(fd, 5);
    free(keep(malloc(1)));
    require(fcntl(fd, F_SETFL, O_DIRECT) == 0, "F_SETFL");
    write_blocks(fd, 10);
    require(fcntl(fd, F_SETFL, 0) == 0, "F_SETFL");
    free(keep(malloc(2)));
    write_blocks(fd, 5);
    close(fd);
}
