// Flags: -static
// Intent: a static program that gains no page in its steady phase passes with --allow heap: its page faults before it, and what it gives
// back within it, are no gain.
// Options: --allow heap
// Exit: 2
// Verdict: inconclusive
// Reason: is a static program, which loads no interposer
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Root Warmup: transfers 1/4096
// Root Steady: transfers 29/118784
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *pages = mmap(NULL, 50 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(pages != MAP_FAILED, "mmap");
    for (int i = 0; i < 50; i++) pages[i * BLOCK] = 1;
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(munmap(pages, 50 * BLOCK) == 0, "munmap");
    write_blocks(fd, 20);
    close(fd);
    return 0;
}
