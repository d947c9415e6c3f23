// Intent: a thread that names a steady phase of its own fills pages in it, and others after it.
// Options: --phases markers
// Exit: 1
// Verdict: fail
// Setup: transfers 11, mmap 1/409600
// Steady: transfers 10, pagesUnexplained 7/28672
// Violation: pagesUnexplained 7/28672
#include "dioaudit.h"
#include "filler.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    int fd = open_direct(arguments[1]);
    fill_pages(1);
    write_block(fd, 0);
    dioaudit_phase_thread("steady");
    fill_pages(7);
    write_blocks(fd, 10);
    dioaudit_phase_thread(NULL);
    fill_pages(20);
    write_blocks(fd, 10);
    close(fd);
}
