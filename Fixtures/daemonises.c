// Intent: libc's daemon forks by an internal name. The child is seen, and that it still runs when its parent has
// ended: its later events are not observed.
// Options: --allow pageFaultMinor,pageFaultMajor --wait 100ms
// Exit: 2
// Verdict: inconclusive
// Reason: still run
// Reason: it did not end by exit
// Root Reason: still run
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    write_blocks(open_direct(arguments[1]), 10);
    require(daemon(1, 1) == 0, "daemon");
    alarm(2);
    pause();
}
