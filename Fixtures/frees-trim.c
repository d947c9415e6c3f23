// Intent: frees so much that libc gives the end of the heap back by brk: a release, which only BPF programs tell from an
// allocation.
// Options: --syscalls perf --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: malloc 4000/4000000
// Warmup: transfers 1
// Steady: transfers 19, free 4000, syscallBrk 0, syscallMunmap >=1
#include "direct.h"

enum { BLOCKS = 4000 };

static void *blocks[BLOCKS];

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    for (int i = 0; i < BLOCKS; i++) blocks[i] = keep(malloc(1000));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
    write_blocks(fd, 10);
    close(fd);
}
