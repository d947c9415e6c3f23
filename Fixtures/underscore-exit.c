// Intent: leaves by _exit, with the file open: the last edge is seen, and it is a pass.
// Options: --lock
// Exit: 0
// Verdict: pass
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    write_blocks(open_direct(arguments[1]), 10);
    _exit(0);
}
