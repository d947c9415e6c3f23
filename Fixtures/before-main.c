// Intent: allocates in constructors, before main and before the interposer's own. All of it is setup's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: malloc 3/51, calloc 2/80, free 5
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"

__attribute__((constructor(200))) static void early(void) {
    for (int i = 0; i < 3; i++) free(keep(malloc(17)));
}

__attribute__((constructor)) static void late(void) {
    for (int i = 0; i < 2; i++) free(keep(calloc(4, 10)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
