// Intent: the first ten transfers of the process are warm-up, on whichever files. A file that is opened later has none of its own.
// Options: --steady-after 10 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 10, malloc 9/27, free 9
// Steady: transfers 25, malloc 1/4, free 1
// Teardown: nothing
// Settled: 11
// Violation: malloc 1/4 first 10 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int files[] = {open_direct(arguments[1]), open_direct(arguments[1])};
    for (int i = 0; i < 10; i++) {
        if (i > 0) free(keep(malloc(3)));
        write_block(files[i > 6], i);
    }
    free(keep(malloc(4)));
    int late = open_direct(arguments[1]);
    write_blocks(late, 5);
    for (int i = 0; i < 10; i++) read_block(late, i);
    write_blocks(files[0], 10);
    close(late);
    close(files[0]);
    close(files[1]);
}
