// Intent: transfers on 400 O_DIRECT files that are open at once. Some are beyond what can be followed: no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: more than can be followed
// Setup: nothing
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    for (int i = 0; i < 400; i++) write_blocks(open_direct(arguments[1]), 3);
}
