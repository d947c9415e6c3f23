// Intent: leaves by quick_exit, whose handler allocates: teardown.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: malloc 1/19
#include "direct.h"

static void allocate(void) {
    keep(malloc(19));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    at_quick_exit(allocate);
    write_blocks(open_direct(arguments[1]), 10);
    quick_exit(0);
}
