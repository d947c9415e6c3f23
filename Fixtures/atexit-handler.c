// Intent: allocates in an atexit handler and in a destructor, with the file still open: teardown, and a pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: transfers 0, malloc 2/50, calloc 1/9, free 3
#include "direct.h"

static void at_exit(void) {
    for (int i = 0; i < 2; i++) free(keep(malloc(25)));
}

__attribute__((destructor)) static void at_end(void) {
    free(keep(calloc(3, 3)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    atexit(at_exit);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
}
