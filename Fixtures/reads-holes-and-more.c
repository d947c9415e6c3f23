// Intent: reads holes, which are not accounted, and as much by the instruction, which is: the sums would agree.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: accounts only 40960 of 409600 bytes of the steady phase's reads to
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Warmup: transfers 2
// Steady: transfers 108/442368
// Root Warmup: transfers 1
// Root Steady: transfers 119/487424
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(ftruncate(fd, 110 * BLOCK) == 0, "ftruncate");
    for (int i = 10; i < 110; i++) read_block(fd, i);
    for (int i = 0; i < 10; i++) require(raw(SYS_pread64, fd, (long)block, BLOCK, i * BLOCK) == BLOCK, "pread64");
    close(fd);
}
