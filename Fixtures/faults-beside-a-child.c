// Intent: a program takes a page fault of its own, and a child that shares its memory takes many: the violation has the program's own.
// Made: 1
// Exit: 1
// Verdict: fail
// Root Reason: made 1 process that share its memory
// Warmup: transfers 1
// Steady: transfers 19, pageFaultMinor 1, pagesUnexplained 200/819200
// Root Violation: pageFaultMinor 1 in touch_one
#include "sharer.h"

static char *mine;

__attribute__((noinline)) static void touch_one(void) { *mine = 1; }

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    map_untouched();
    mine = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(mine != MAP_FAILED, "mmap");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    touch_one();
    wait_for(clone_by_instruction(CLONE_VM | SIGCHLD));
    write_blocks(fd, 10);
    close(fd);
}
