// Intent: fills pages by userfaultfd(2) behind one page fault that counts as warm-up, since a file's first transfer takes it: it
// explains its own page, and no other.
// Options: --no-require-lock
// Exit: 1
// Verdict: fail
// Warmup: transfers 2, pageFaultMinor 1
// Steady: transfers 19, pagesUnexplained 70/286720
// Violation: pagesUnexplained 70/286720
#include "filler.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    // No other page fault: neither of the program's code nor of libc's.
    require(mlockall(MCL_CURRENT) == 0, "mlockall");
    char *untouched = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(untouched != MAP_FAILED, "mmap");
    prepare_filler();
    fill_behind_fault(arguments[1], untouched);
}
