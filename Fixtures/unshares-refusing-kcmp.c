// Intent: a filter refuses kcmp, as containers do. A thread is seen to take a table of descriptors of its own, by unshare: what it
// closes is open still for the others.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 29, malloc 1/77, free 1
// Violation: malloc 1/77 first 30 in main
// Teardown: nothing
#include "own-table.h"
#include "refuses.h"

static void take_own_table(void) {
    require(unshare(CLONE_FILES) == 0, "unshare");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    REFUSE(EPERM, SYS_kcmp);
    transfer_around_close(arguments[1]);
    free(keep(malloc(77)));
    _exit(0);
}
