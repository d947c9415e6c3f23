// Intent: reads holes, which come from no disk. All calls are seen, so nothing can be hidden by what is not accounted.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 99/405504
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(ftruncate(fd, 100 * BLOCK) == 0, "ftruncate");
    for (int i = 0; i < 100; i++) read_block(fd, i);
    require(write(2, "", 0) == 0, "write");
    close(fd);
}
