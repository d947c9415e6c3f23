// Intent: a second file comes late: its first transfer in each direction is warm-up's, what lies between is not.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 4/16384
// Steady: transfers 36, malloc 1/9, free 1
// Teardown: nothing
// Violation: malloc 1/9 first 21 in main
// Also: syscallBrk
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int first = open_direct(arguments[1]);
    write_blocks(first, 10);
    for (int i = 0; i < 10; i++) read_block(first, i);
    int second = open_direct(arguments[1]);
    write_block(second, 0);
    free(keep(malloc(9)));
    for (int i = 0; i < 10; i++) read_block(second, i);
    write_blocks(second, 9);
    close(first);
    close(second);
}
