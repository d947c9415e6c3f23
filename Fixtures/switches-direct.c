// Intent: O_DIRECT switched off and on again makes no new file with a warm-up of its own, by whichever of its descriptors: what is
// touched in its transfers, and between them, is the steady phase's. While it is off, no transfer counts.
// Options: --allow pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: mmap 1/204800, madvise 1/204800, malloc 1/1, free 1
// Warmup: transfers 2
// Steady: transfers 108, malloc 50/150, pageFaultMinor 50
// Teardown: malloc 1/2, free 1
// Violation: malloc 50/150 first 10 in main
// Violation: pageFaultMinor 50
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *touched = mmap(NULL, 50 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(touched != MAP_FAILED && madvise(touched, 50 * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]), copy = dup(fd);
    write_blocks(fd, 9);
    read_block(fd, 0);
    for (int i = 0; i < 50; i++) {
        require(fcntl(copy, F_SETFL, 0) == 0, "off");
        write_block(fd, 0);
        keep(malloc(3));
        require(fcntl(fd, F_SETFL, O_DIRECT) == 0, "on");
        require(pread(copy, touched + i * BLOCK, BLOCK, 0) == BLOCK, "short read");
        write_block(fd, 0);
    }
    require(fcntl(fd, F_SETFL, 0) == 0, "off");
    free(keep(malloc(2)));
    write_blocks(fd, 5);
}
