// Intent: a region is ended that was not begun: the program's markers do not say what it thinks, so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: ended 2 regions that it was not in
// Steady: transfers 9
#include "direct.h"
#include <dioaudit.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    dioaudit_allow_end("nothing");
    dioaudit_region_begin("one");
    dioaudit_region_end("another");
    close(fd);
}
