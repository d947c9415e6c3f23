// Intent: fills pages without a page fault in two steady phases, and between them: what came in the warm-up does not count.
// Options: --phases markers
// Exit: 1
// Verdict: fail
// Setup: transfers 1, mmap 1/409600
// Warmup: transfers 10
// Steady: transfers 20, pagesUnexplained 15/61440
// Violation: pagesUnexplained 15/61440
#include "dioaudit.h"
#include "filler.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    int fd = open_direct(arguments[1]);
    fill_pages(1);
    write_block(fd, 0);
    dioaudit_phase("steady");
    fill_pages(10);
    write_blocks(fd, 10);
    dioaudit_phase("warmup");
    fill_pages(20);
    write_blocks(fd, 10);
    dioaudit_phase("steady");
    write_blocks(fd, 10);
    fill_pages(5);
    dioaudit_phase("teardown");
    fill_pages(30);
    close(fd);
}
