// Needs: root, for BPF programs
// Intent: a process that the instruction itself made shares the memory and faults pages in there: the kernel tells of it, and nothing
// else would, since the pages are gone again.
// Made: 1
// Exit: 2
// Verdict: inconclusive
// Reason: made 1 process that share its memory
// Steady: transfers 19/77824
#include "raw.h"
#include "sharer.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    map_untouched();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    wait_for(clone_by_instruction(CLONE_VM | SIGCHLD));
    require(raw(SYS_madvise, (long)untouched, PAGES * BLOCK, MADV_DONTNEED, 0) == 0, "MADV_DONTNEED");
    write_blocks(fd, 10);
    close(fd);
}
