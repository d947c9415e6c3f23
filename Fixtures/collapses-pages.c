// Intent: has the kernel make a huge page of a small one (Linux 6.1): 511 pages come without a page fault.
// Exit: 1
// Verdict: fail
// Reason: asked for huge pages at once in its steady phase, 1 time (MADV_COLLAPSE)
// Reason: 511 unexplained resident pages
// Warmup: transfers 1
// Steady: transfers 19, madvise 2/4194304, pagesUnexplained 511/2093056
// Violation: pagesUnexplained 511/2093056
#include "huge.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *page = map_for_huge();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    collapse(page);
    write_blocks(fd, 10);
    close(fd);
}
