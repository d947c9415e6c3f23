// Intent: reads on until read says 0: that call moved no data and is no transfer; nor is one that fails.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: nothing
// Warmup: transfers 2/8192
// Steady: transfers 18/73728
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    int unwritable = open(arguments[1], O_RDONLY | O_DIRECT);
    require(pwrite(unwritable, block, BLOCK, 0) < 0, "a write to a file that is open for reading");
    write_blocks(fd, 10);
    int blocks = 0;
    while (read(fd, block, BLOCK) > 0) blocks++;
    require(blocks == 10, "blocks");
    close(fd);
    close(unwritable);
}
