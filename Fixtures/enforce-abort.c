// Intent: stopped at its first violation, although it blocks and handles SIGABRT; what it would have done later is not done.
// Options: --enforce abort --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/11, free 1
// Steady: transfers 3, malloc 1/77
// Violation: malloc 1/77 first 4 in main
#include "direct.h"
#include <signal.h>

static void ignore(int signal) {
    (void)signal;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    sigset_t aborts;
    sigemptyset(&aborts);
    sigaddset(&aborts, SIGABRT);
    sigprocmask(SIG_BLOCK, &aborts, NULL);
    signal(SIGABRT, ignore);
    free(keep(malloc(11)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 4);
    keep(malloc(77));
    write_blocks(fd, 4);
    close(fd);
}
