// Intent: a marker with a name that is no phase: its meaning is unknown, so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: with a name that is no phase
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"
#include "dioaudit.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    dioaudit_phase("stedy");
    write_blocks(fd, 10);
    close(fd);
}
