// Intent: exit from a function that main called, with the file open: its handler's allocation is teardown's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: malloc 1/21
#include "direct.h"

static void allocate(void) {
    keep(malloc(21));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    atexit(allocate);
    write_blocks(open_direct(arguments[1]), 10);
    exit(0);
}
