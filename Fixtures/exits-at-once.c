// Intent: leaves by _Exit, C's name of _exit.
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
    _Exit(0);
}
