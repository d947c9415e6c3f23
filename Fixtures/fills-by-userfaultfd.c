// Intent: fills pages by userfaultfd(2), each without a page fault: in the steady phase, and in an interlude of it. Those before
// and after are no part of it.
// Exit: 1
// Verdict: fail
// Warmup: transfers 2
// Steady: transfers 28, pagesUnexplained 70/286720
// Settled: never
// Violation: pagesUnexplained 70/286720
#include "filler.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    int fd = open_direct(arguments[1]);
    fill_pages(20);
    write_blocks(fd, 10);
    fill_pages(40);
    write_blocks(fd, 10);
    close(fd);
    fill_pages(30);
    fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
    fill_pages(10);
}
