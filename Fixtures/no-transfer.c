// Intent: opens an O_DIRECT file and never transfers: nothing was proved.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: no transfer on an O_DIRECT file was seen, though one was opened
// Setup: transfers 0, malloc 1/10, free 1
// Steady: transfers 0
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    close(open_direct(arguments[1]));
    free(keep(malloc(10)));
}
