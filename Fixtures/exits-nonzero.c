// Intent: all is clean but its own exit status.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 3
// Verdict: inconclusive
// Reason: the subject exited with status 7
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    write_blocks(open_direct(arguments[1]), 10);
    return 7;
}
