// Intent: touches 50 pages in the steady phase, and is killed there, so that nobody asks it how many page faults it took. The kernel's
// records tell.
// Options: --expect-exit 137
// Exit: 2
// Verdict: inconclusive
// Reason: page faults of the steady phase are not known in full
// Root Exit: 1
// Root Verdict: fail
// Root Reason: minor page fault
// Warmup: transfers 1
// Steady: transfers 9
// Root Steady: transfers 9, pageFaultMinor 50
// Root Violation: pageFaultMinor 50
// Teardown: nothing
#include "direct.h"
#include <signal.h>

enum { PAGES = 50 };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *memory = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED && madvise(memory, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    require(kill(getpid(), 0) == 0, "kill");  // its code is there from now on
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < PAGES; i++) memory[i * BLOCK] = 1;
    kill(getpid(), SIGKILL);
}
