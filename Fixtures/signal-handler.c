// Intent: allocates in a signal handler, in the steady phase.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 39, malloc 20/480, free 20
// Teardown: nothing
// Violation: malloc 20/480 first 1 in handle < main
// Also: syscallBrk
#include "direct.h"
#include <signal.h>

static void handle(int number) {
    free(keep(malloc(23 + (size_t)(number == SIGUSR1))));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    signal(SIGUSR1, handle);
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 20; i++) {
        write_block(fd, i);
        raise(SIGUSR1);
        write_block(fd, i);
    }
    close(fd);
}
