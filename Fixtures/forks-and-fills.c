// Intent: forks in the steady phase, upon which the interposer and the program copy pages that they had, and fills others by
// userfaultfd(2). None of the interposer's page faults brought one of these; the program's own few may have.
// Exit: 1
// Verdict: fail
// Reason: minor page fault
// Reason: unexplained resident page
// Warmup: transfers 1
// Steady: transfers 19, pageFaultMinor >=1, pagesUnexplained >=60
// Root Steady: transfers 19, pageFaultMinor >=1, pagesUnexplained 70/286720
// Violation: pageFaultMinor >=1
// Also: pageFaultMinor, pagesUnexplained
// Settled: never
#include "filler.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    if (fork() == 0) _exit(0);
    require(wait(NULL) > 0, "wait");
    fill_pages(70);
    write_blocks(fd, 10);
    close(fd);
}
