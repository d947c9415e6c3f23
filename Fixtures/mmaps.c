// Intent: maps, moves and unmaps in the steady phase.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, mmap 10/40960, mremap 10/81920, munmap 10/81920, madvise 10/40960
// Teardown: nothing
// Settled: never
// Violation: mmap 10/40960 first 1 in main
// Violation: mremap 10/81920 first 1 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        char *page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(page != MAP_FAILED, "mmap");
        page = mremap(page, BLOCK, 2 * BLOCK, MREMAP_MAYMOVE);
        require(page != MAP_FAILED && page[0] == 0, "mremap");
        madvise(page, BLOCK, MADV_DONTNEED);
        munmap(page, 2 * BLOCK);
    }
    close(fd);
}
