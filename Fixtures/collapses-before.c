// Intent: has the kernel make a huge page of a small one before the steady phase, and again in it, where nothing is left to do. It
// would gain pages there if khugepaged were slower elsewhere: so that is no pass.
// Exit: 2
// Verdict: inconclusive
// Reason: asked for huge pages at once in its steady phase, 1 time (MADV_COLLAPSE)
// Warmup: transfers 1
// Steady: transfers 19, madvise 2/4194304
#include "huge.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *page = map_for_huge();
    collapse(page);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    collapse(page);
    write_blocks(fd, 10);
    for (int i = 0; i < HUGE; i += BLOCK) require(page[i] == (i == 0), "the page");
    close(fd);
}
