// Intent: opens its file by a direct system call, which is not seen: its transfers are seen all the same.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/80, free 1
// Warmup: transfers 1
// Steady: transfers 9, malloc 1/81, free 1
// Teardown: malloc 1/82, free 1
// Violation: malloc 1/81 first 10 in main
#include "direct.h"
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = (int)syscall(SYS_openat, AT_FDCWD, arguments[1], O_RDWR | O_CREAT | O_DIRECT, 0600);
    free(keep(malloc(80)));
    write_blocks(fd, 10);
    free(keep(malloc(81)));
    close(fd);
    free(keep(malloc(82)));
}
