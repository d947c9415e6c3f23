// Intent: a program that names its phases itself: transfers do not move them.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: transfers 10, malloc 1/1, free 1
// Warmup: transfers 10, malloc 1/2, free 1
// Steady: transfers 10, malloc 1/3, free 1
// Teardown: transfers 10, malloc 1/4, free 1
// Violation: malloc 1/3 first 20 in main
#include "direct.h"
#include "dioaudit.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    const char *phases[] = {"setup", "warmup", "steady", "teardown"};
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 4; i++) {
        dioaudit_phase(phases[i]);
        free(keep(malloc((size_t)i + 1)));
        write_blocks(fd, 10);
    }
    close(fd);
}
