// Intent: has the kernel make a huge page of a small one (Linux 6.1): 511 pages come without a page fault.
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, madvise 2/4194304, pagesUnexplained 511/2093056
// Violation: pagesUnexplained 511/2093056
#include "direct.h"

enum { HUGE = 2 << 20 };

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *memory = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "mmap");
    char *page = memory + HUGE - (unsigned long)memory % HUGE;
    require(madvise(memory, 2 * HUGE, MADV_NOHUGEPAGE) == 0, "MADV_NOHUGEPAGE");
    *page = 1;
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    // Not before: khugepaged might do it in the setup.
    require(madvise(page, HUGE, MADV_HUGEPAGE) == 0, "MADV_HUGEPAGE");
    require(madvise(page, HUGE, MADV_COLLAPSE) == 0, "MADV_COLLAPSE");
    write_blocks(fd, 10);
    close(fd);
}
