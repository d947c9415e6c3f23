// Intent: a thread with a table of descriptors of its own closes its copy of the last file: the file is open still for the others. The
// same number may name another file there.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 29, malloc 1/77, free 1
// Violation: malloc 1/77 first 30 in main
// Teardown: nothing
#include "own-table.h"
#include "raw.h"

static void take_own_table(void) {
    require(raw(SYS_unshare, CLONE_FILES, 0, 0, 0) == 0, "unshare");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    transfer_around_close(arguments[1]);
    free(keep(malloc(77)));
    _exit(0);
}
