// Intent: two files warm up side by side, two transfers each: it is warm-up until the slower one has done its second.
// Options: --warmup-ios 2 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 6, malloc 3/12, free 3
// Steady: transfers 12, malloc 1/4, free 1
// Teardown: nothing
// Settled: 7
// Violation: malloc 1/4 first 6 in main
#include "direct.h"

static void allocate(void) {
    free(keep(malloc(4)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int first = open_direct(arguments[1]), second = open_direct(arguments[1]);
    write_block(first, 0);
    allocate();
    write_block(second, 0);
    write_block(first, 1);
    allocate();
    write_blocks(first, 2);
    allocate();
    write_block(second, 1);
    allocate();
    for (int i = 0; i < 6; i++) write_block(i % 2 ? first : second, i);
    write_blocks(second, 6);
    close(first);
    close(second);
}
