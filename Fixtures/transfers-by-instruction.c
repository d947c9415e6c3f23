// Intent: reads by the instruction, which the interposer does not see: the kernel accounts them.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: accounts 45056 bytes read from disks in the steady phase to
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Warmup: transfers 2
// Steady: transfers 18/73728
// Root Warmup: transfers 1
// Root Steady: transfers 20/81920
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 10; i++) read_block(fd, i);
    require(raw(SYS_pread64, fd, (long)block, BLOCK, 0) == BLOCK, "pread64");
    close(fd);
}
