// Intent: a dup keeps the file open, and warm, when its first descriptor is closed: still steady.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 34, malloc 1/5, free 1
// Teardown: malloc 1/6, free 1
// Violation: malloc 1/5 first 25 in main
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    int copy = dup(fd), third = fcntl(fd, F_DUPFD, 100), fourth = dup2(fd, 200), fifth = dup3(fd, 201, O_CLOEXEC);
    require(copy >= 0 && third >= 100 && fourth == 200 && fifth == 201, "dup");
    close(fd);
    write_blocks(copy, 5);
    close(copy);
    write_blocks(third, 5);
    close(third);
    write_blocks(fourth, 5);
    close(fourth);
    free(keep(malloc(5)));
    write_blocks(fifth, 10);
    close(fifth);
    free(keep(malloc(6)));
}
