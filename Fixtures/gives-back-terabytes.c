// Intent: gives back 8 TiB of which it uses 300 pages here and there, and fills 30 pages elsewhere without a page fault
// (userfaultfd(2)): what it gave back is counted, by going through what there is, and hides none.
// Needs: PAGEMAP_SCAN, since Linux 6.7
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, munmap 1/8796093022208, pagesUnexplained 30/122880
// Violation: pagesUnexplained 30/122880
#include "filler.h"

static const unsigned long ROOM = 8UL << 40, STEP = ROOM / 300 / BLOCK * BLOCK;

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    char *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(room != MAP_FAILED && madvise(room, ROOM, MADV_NOHUGEPAGE) == 0, "mmap");
    // The kernel's zero page, which is none of the process's; and pages that are.
    for (int i = 0; i < 300; i++) require(room[i * STEP + BLOCK] == 0, "zero");
    for (int i = 0; i < 300; i++) room[i * STEP] = 1;
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(munmap(room, ROOM) == 0, "munmap");
    fill_pages(30);
    write_blocks(fd, 10);
    close(fd);
}
