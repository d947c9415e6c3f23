// Intent: a child of vfork, made by the instruction itself, touches its parent's memory for the first time, and ends by it: the pages
// are there without a page fault of the process.
// Made: 1
// Exit: 1
// Verdict: fail
// Root Reason: made 1 process that share its memory
// Warmup: transfers 1
// Steady: transfers 19, pagesUnexplained 200/819200
// Violation: pagesUnexplained 200/819200
#include "sharer.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    map_untouched();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    wait_for(clone_by_instruction(CLONE_VM | CLONE_VFORK | SIGCHLD));
    write_blocks(fd, 10);
    require(untouched[(PAGES - 1) * BLOCK] == 1, "the parent has it");
    close(fd);
}
