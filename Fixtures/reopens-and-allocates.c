// Intent: opens its file anew for each transfer and allocates while none is open, 400 times from one place: one violation, and
// room is left for another.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 401
// Steady: transfers 401, malloc 399/3990, calloc 1/20, free 399
// Teardown: malloc 1/10, free 1
// Violation: malloc 399/3990 first 4 in rest < main
// Violation: calloc 1/20 first 799 in main
// Also: syscallBrk
#include "direct.h"

__attribute__((noinline)) static void rest(void) {
    free(keep(malloc(10)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    for (int i = 0; i < 401; i++) {
        int fd = open_direct(arguments[1]);
        write_block(fd, 0);
        if (i == 399) keep(calloc(1, 20));
        write_block(fd, 1);
        close(fd);
        if (i > 0) rest();
    }
}
