// Intent: gives as many pages back as it fills without a page fault (userfaultfd(2)), by functions of libc and by number: there are
// never more of them, but each that was filled has come.
// Options: --syscalls seccomp
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, madvise 20/81920, munmap 1/81920, mmap 1/81920, pagesUnexplained 100/409600
// Violation: pagesUnexplained 100/409600
// Violation: mmap 1/81920 first 10 in main
#include "filler.h"

enum { PART = 20 * BLOCK };

static char *present;

// Takes the next pages away by the call, and fills as many.
#define REPLACE(call)               \
    do {                            \
        require((call), #call);     \
        present += PART;            \
        fill_pages(20);             \
    } while (0)

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    present = mmap(NULL, 5 * PART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(present != MAP_FAILED && madvise(present, 5 * PART, MADV_NOHUGEPAGE) == 0, "mmap");
    memset(present, 1, 5 * PART);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 20; i++, fill_pages(1)) require(madvise(present + i * BLOCK, BLOCK, MADV_DONTNEED) == 0, "madvise");
    present += PART;
    REPLACE(munmap(present, PART) == 0);
    REPLACE(mmap(present, PART, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == present);
    REPLACE(syscall(SYS_munmap, present, PART) == 0);
    REPLACE(syscall(SYS_madvise, present, PART, MADV_DONTNEED) == 0);
    write_blocks(fd, 10);
    close(fd);
}
