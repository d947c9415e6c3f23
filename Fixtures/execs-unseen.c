// Intent: becomes another program without an environment, where nothing can be interposed. What was seen before it is
// clean, and what came after it nobody knows: no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = 3;
    if (count == 2) {
        require(open_direct(arguments[1]) == fd, "the lowest descriptor");
        write_blocks(fd, 10);
        execle("/proc/self/exe", arguments[0], arguments[1], "again", NULL, (char *[]){NULL});
    }
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(malloc(10)));
    }
}
